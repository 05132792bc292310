/* SPDX-License-Identifier: MIT */
/* measure: runs a command and says what it and all its descendants cost.
 *
 *   measure [-n RUNS] [-t SECONDS] [-o FILE] [-q] COMMAND [ARGUMENT...]
 *
 * One line for each run, to FILE or standard error: "STATUS USER SYSTEM WALL RSS", with times in microseconds and the largest
 * resident set of any one process in KiB.  STATUS is the exit status, or 128 and the signal's number.  -t kills what takes
 * longer, with all its descendants (status 137).  -q sends the command's standard output to /dev/null.
 *
 * In C and small, because Linux counts the resident set of the process that forked into that of the program it becomes.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile pid_t group;

static void too_long(int signal)
{
	(void)signal;
	kill(-group, SIGKILL);
}

static long long microseconds(struct timeval t)
{
	return (long long)t.tv_sec * 1000000 + t.tv_usec;
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static pid_t start(char **command, bool quiet)
{
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		if (quiet)
			dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		execvp(command[0], command);
		perror(command[0]);
		_exit(127);
	}
	setpgid(pid, pid);
	return pid;
}

/* One run; as a process of its own, since the kernel keeps one maximum for all children that a process ever had. */
static int run(char **command, int seconds, bool quiet, FILE *out)
{
	struct rusage usage;
	int status = 0, one;
	long long began = now(), ended = began;
	pid_t pid;

	/* daemons that it leaves behind are ours to wait for, so that nothing it started goes uncounted */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGALRM, too_long);
	group = start(command, quiet);
	alarm((unsigned)seconds);
	for (;;) {
		pid = waitpid(-1, &one, 0);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			break;
		if (pid == group) {
			status = one;
			ended = now();
		}
	}
	getrusage(RUSAGE_CHILDREN, &usage);
	status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	fprintf(out, "%d %lld %lld %lld %ld\n", status, microseconds(usage.ru_utime), microseconds(usage.ru_stime), ended - began,
		usage.ru_maxrss);
	fflush(out);
	return status;
}

int main(int argc, char **argv)
{
	int runs = 1, seconds = 0, status = 0, key;
	FILE *out = stderr;
	bool quiet = false;

	while ((key = getopt(argc, argv, "+n:t:o:q")) != -1) {
		if (key == 'n')
			runs = atoi(optarg);
		else if (key == 't')
			seconds = atoi(optarg);
		else if (key == 'o')
			out = fopen(optarg, "we");
		else if (key == 'q')
			quiet = true;
		else
			return 125;
	}
	if (optind >= argc || !out)
		return 125;
	for (int i = 0; i < runs; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(run(argv + optind, seconds, quiet, out));
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	return WEXITSTATUS(status);
}
