/* SPDX-License-Identifier: MIT */
/* sweep: the whole lint of an image, again and again, with another read, or another allocation of ours, failing each time.
 *
 *   sweep [OPTION...] IMAGE
 *     --gone           the nth read and all after it fail: a disk that has gone
 *     --all            every n
 *     --once           (as without these) each n whose call stack no read before it had: a read that one place of a reader does a
 *                      thousand times fails the first time alone
 *     --from=N --to=N  these n alone
 *     --memory         allocations in place of reads
 *     --damaged        questions to file systems in place of reads: the folder or file that is asked for has damaged metadata
 *     --verbose        also where the read was asked for, and what the rules made of it
 *
 * After each run: no rule finds what the undamaged image does not show, the result is not clean, and its message is that of
 * the read, or of memory.  An allocation that fails may also end the process, in the way of arena_set_exhausted(): each has
 * a process of its own.  What libraries allocate fails in tests/cli/memory.bats, without sanitizers.  A folder that is
 * damaged is no failure of the medium: the result may keep what was found, and says what it could not look at.  That readers do
 * not take a failure for an absence is the first of these; the second is lint_result_withdraw's.
 */
#include <assert.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "fs/witness.h"
#include "image/image.h"
#include "lint/lint.h"

#define STACK 64
#define READS_MAX 100000
#define EXHAUSTED 42

static struct {
	const unsigned char *bytes; /* the image's */
	uint64_t size;
	unsigned long reads;   /* or allocations, of this run so far */
	unsigned long fail_at; /* from 1; 0: none */
	uint64_t *stacks;      /* of each read of the undamaged run; NULL: not recorded */
	bool recording, gone, all, verbose, memory, damaged;
	unsigned long from, to;
	char message[100];     /* of the first failure */
} sweep = { .to = READS_MAX };

static uint64_t stack_hash(void)
{
	void *frames[STACK];
	int count = backtrace(frames, STACK);
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (int i = 0; i < count; i++)
		hash = (hash ^ (uint64_t)(uintptr_t)frames[i]) * 0x100000001b3ULL;
	return hash;
}

static void show_stack(void)
{
	void *frames[STACK];

	fflush(stdout);
	backtrace_symbols_fd(frames, backtrace(frames, STACK), STDOUT_FILENO);
}

/* Counts a read or an allocation, and says whether it fails. */
static bool fails(unsigned long *ret_number)
{
	unsigned long n = ++sweep.reads;

	*ret_number = n;
	if (sweep.recording && n < READS_MAX)
		sweep.stacks[n] = stack_hash();
	return sweep.fail_at && (sweep.gone ? n >= sweep.fail_at : n == sweep.fail_at);
}

static bool allocation_fails(void)
{
	unsigned long n;

	if (!sweep.memory || !fails(&n))
		return false;
	if (sweep.verbose && n == sweep.fail_at)
		show_stack();
	errno = ENOMEM;
	return true;
}

/* The linker puts these in the place of the library's calls (--wrap), not of other libraries'. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_malloc(size_t size)
{
	return allocation_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return allocation_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return allocation_fails() ? NULL : __real_realloc(memory, size);
}

/* Every file system that an image's readers ask, with a fault of its own below what watches it. */
struct fs *__real_witness_fs(struct arena *arena, struct fs *fs);
struct fs *__wrap_witness_fs(struct arena *arena, struct fs *fs);

static int damage(struct error *err)
{
	unsigned long n;

	if (!sweep.damaged || !fails(&n))
		return 0;
	snprintf(sweep.message, sizeof(sweep.message), "injected damage, question %lu", n);
	if (sweep.verbose)
		show_stack();
	return error_set(err, EUCLEAN, "%s", sweep.message);
}

static int damaged_stat(struct fs *fs, uint64_t handle, struct fs_stat *ret, struct error *err)
{
	struct fs *inner = fs->state;
	int r = damage(err);

	return r < 0 ? r : inner->ops->stat(inner, handle, ret, err);
}

static int damaged_readdir(struct fs *fs, struct arena *arena, uint64_t handle, struct fs_entry **ret, size_t *ret_count,
			   struct error *err)
{
	struct fs *inner = fs->state;
	int r = damage(err);

	return r < 0 ? r : inner->ops->readdir(inner, arena, handle, ret, ret_count, err);
}

static int damaged_readlink(struct fs *fs, struct arena *arena, uint64_t handle, char **ret, struct error *err)
{
	struct fs *inner = fs->state;
	int r = damage(err);

	return r < 0 ? r : inner->ops->readlink(inner, arena, handle, ret, err);
}

static int damaged_getxattr(struct fs *fs, struct arena *arena, uint64_t handle, const char *name, void **ret,
			    size_t *ret_size, struct error *err)
{
	struct fs *inner = fs->state;

	return inner->ops->getxattr(inner, arena, handle, name, ret, ret_size, err);
}

static int damaged_pread(struct fs *fs, uint64_t handle, uint64_t offset, void *data, size_t length, struct error *err)
{
	struct fs *inner = fs->state;
	int r = damage(err);

	return r < 0 ? r : inner->ops->pread(inner, handle, offset, data, length, err);
}

static int damaged_statfs(struct fs *fs, struct fs_statfs *ret, struct error *err)
{
	struct fs *inner = fs->state;

	return inner->ops->statfs(inner, ret, err);
}

/* A question to the file, where the file system has one to ask at all. */
static int damaged_settle(struct fs *fs, struct fs_entry *entry, struct error *err)
{
	struct fs *inner = fs->state;
	int r = inner->ops->settle ? damage(err) : 0;

	return r < 0 ? r : fs_settle(inner, entry, err);
}

struct fs *__wrap_witness_fs(struct arena *arena, struct fs *fs)
{
	static const struct fs_ops ops = { damaged_stat,     damaged_readdir, damaged_readlink,
					   damaged_getxattr, damaged_pread,   damaged_statfs,  damaged_settle };
	struct fs *with_damage = ARENA_NEW(arena, struct fs);

	*with_damage = *fs;
	with_damage->ops = &ops;
	with_damage->state = fs;
	return __real_witness_fs(arena, with_damage);
}

static int faulty_read(struct view *view, uint64_t offset, void *data, size_t length, struct error *err)
{
	unsigned long n;
	struct error why;

	assert(offset <= view->size && length <= view->size - offset);
	if (sweep.memory || sweep.damaged || !fails(&n)) {
		memcpy(data, sweep.bytes + offset, length);
		return 0;
	}
	error_set(&why, EIO, "cannot read at offset %#" PRIx64 ": injected fault of read %lu", offset, n);
	if (n == sweep.fail_at) {
		snprintf(sweep.message, sizeof(sweep.message), "%.99s", why.message);
		if (sweep.verbose)
			show_stack();
	}
	/* nobody may make sense of what was not read */
	memset(data, 0xa5, length);
	if (err)
		*err = why;
	return view_medium_failed(&why);
}

static const struct view_ops faulty_ops = { .read = faulty_read };

struct run {
	struct arena *arena;
	bool opened;
	struct error error;
	struct lint_result result;
};

static struct run run_lint(void)
{
	static const struct image_services services;
	static const struct image_options image_options = { .system = true, .reader = IMAGE_READER_NATIVE };
	struct run run = { .arena = arena_new(LIMIT_ARENA_BYTES) };
	struct view *view = ARENA_NEW(run.arena, struct view);
	struct lint_options options = { .fail_on = SEVERITY_ERROR };
	struct image *image;
	const char *help;

	options.selected = arena_alloc(run.arena, rules_count + 1);
	options.severity = arena_alloc(run.arena, rules_count + 1);
	memset(options.selected, 1, rules_count);
	memset(options.severity, -1, rules_count);
	*view = (struct view){ .ops = &faulty_ops, .size = sweep.size };
	sweep.reads = 0;
	sweep.message[0] = '\0';
	view_statistics = (struct view_statistics){ 0 };
	lint_result_init(&run.result, "image");
	image = image_open(run.arena, "image", view, &image_options, &services, &run.error, &help);
	run.opened = image;
	if (image) {
		lint_image(image, &options, &run.result);
		image_close(image);
	}
	return run;
}

static bool same(const struct diagnostic *a, const struct diagnostic *b)
{
	return a->rule == b->rule && a->severity == b->severity && a->location.partition == b->location.partition &&
	       a->location.offset == b->location.offset && a->location.line == b->location.line &&
	       !strcmp(a->location.path ? a->location.path : "", b->location.path ? b->location.path : "") &&
	       !strcmp(a->message, b->message);
}

static bool found_before(const struct run *good, const struct diagnostic *d)
{
	for (const struct diagnostic *other = good->result.diagnostics; other; other = other->next)
		if (same(other, d))
			return true;
	return false;
}

static void show(const struct run *run)
{
	if (!run->opened)
		printf("    error: %s\n", run->error.message);
	for (const struct outcome *o = run->result.outcomes; o; o = o->next)
		if (o->kind == OUTCOME_NOT_EVALUATED)
			printf("    not evaluated: %s [%s]\n", o->reason, o->rule->id);
}

/* Is it said what could not be looked at? */
static bool tells(const struct lint_result *result)
{
	bool told = lint_result_exit(result, SEVERITY_ERROR) == 2;

	for (const struct outcome *o = result->outcomes; o && !told; o = o->next)
		told = o->kind == OUTCOME_NOT_EVALUATED && strstr(o->reason, sweep.message);
	for (const struct diagnostic *d = result->diagnostics; d && !told; d = d->next)
		told = strstr(d->message, sweep.message);
	return told;
}

/* Says what is wrong with the run, if anything is. */
static bool judge(const struct run *good, struct run *run)
{
	bool ok = true;

	for (const struct diagnostic *d = run->result.diagnostics; d; d = d->next) {
		/* a file that is to be there and is damaged may well be what a rule looks for */
		if (found_before(good, d) || (sweep.damaged && strstr(d->message, sweep.message)))
			continue;
		printf("not ok %s: p%d%s: %s [%s]\n", sweep.message, d->location.partition,
		       d->location.path ? d->location.path : "", d->message, d->rule->id);
		ok = false;
	}
	if (sweep.verbose)
		show(run);
	/* a container that cannot be opened: its message is the read's */
	if (!run->opened && !strstr(run->error.message, sweep.message)) {
		printf("not ok %s: it cannot be opened: %s\n", sweep.message, run->error.message);
		ok = false;
	}
	if (sweep.damaged) {
		if (!tells(&run->result))
			printf("not ok %s: the result does not tell of it\n", sweep.message);
		return ok && tells(&run->result);
	}
	lint_result_withdraw(&run->result, run->arena);
	if (lint_result_exit(&run->result, SEVERITY_ERROR) != 2 || run->result.diagnostics ||
	    !strstr(run->result.error, sweep.message)) {
		printf("not ok %s: the result does not tell of it\n", sweep.message);
		ok = false;
	}
	return ok;
}

static void exhausted(void)
{
	_exit(EXHAUSTED);
}

/* A lint that went on although an allocation failed: findings are the image's, and it says that memory was short. */
static bool judge_memory(const struct run *good, const struct run *run)
{
	bool told = !run->opened && run->error.code == ENOMEM;

	for (const struct diagnostic *d = run->result.diagnostics; d; d = d->next) {
		if (found_before(good, d))
			continue;
		printf("not ok allocation %lu: %s [%s]\n", sweep.fail_at, d->message, d->rule->id);
		return false;
	}
	for (const struct outcome *o = run->result.outcomes; o; o = o->next)
		told |= o->kind == OUTCOME_NOT_EVALUATED && strcasestr(o->reason, "memory");
	told |= run->result.error && strcasestr(run->result.error, "memory");
	if (told && (!run->opened || lint_result_exit(&run->result, SEVERITY_ERROR) == 2))
		return true;
	printf("not ok allocation %lu: the result does not tell of it\n", sweep.fail_at);
	show(run);
	return false;
}

static bool fail_allocation(const struct run *good)
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	assert(child >= 0);
	if (!child) {
		struct run run;
		bool ok;

		arena_set_exhausted(exhausted);
		run = run_lint();
		sweep.memory = false;
		ok = judge_memory(good, &run);
		fflush(stdout);
		_exit(!ok);
	}
	assert(waitpid(child, &status, 0) == child);
	if (WIFEXITED(status) && (WEXITSTATUS(status) == EXHAUSTED || WEXITSTATUS(status) <= 1))
		return WEXITSTATUS(status) != 1;
	printf("not ok allocation %lu: the process ended with status %#x\n", sweep.fail_at, (unsigned)status);
	return false;
}

static bool wanted(unsigned long n)
{
	if (n < sweep.from || n > sweep.to)
		return false;
	for (unsigned long i = 1; !sweep.all && i < n; i++)
		if (sweep.stacks[i] == sweep.stacks[n])
			return false;
	return true;
}

static bool sweep_reads(const char *path)
{
	const char *slash = strrchr(path, '/');
	unsigned passed = 0, failed = 0;
	unsigned long reads;
	struct run good;

	sweep.recording = true;
	good = run_lint();
	sweep.recording = false;
	reads = sweep.reads;
	assert(reads < READS_MAX);
	if (!good.opened)
		printf("not ok %s: it cannot be opened as it is: %s\n", path, good.error.message);
	for (unsigned long n = 1; good.opened && n <= reads; n++) {
		struct run run;

		if (!wanted(n))
			continue;
		sweep.fail_at = n;
		if (sweep.memory) {
			*(fail_allocation(&good) ? &passed : &failed) += 1;
			continue;
		}
		run = run_lint();
		*(judge(&good, &run) ? &passed : &failed) += 1;
		arena_free(run.arena);
	}
	printf("# %s%s: %u of %lu %s\n", slash ? slash + 1 : path, sweep.gone ? " from then on" : "", passed + failed, reads,
	       sweep.memory ? "allocations" : sweep.damaged ? "questions" : "reads");
	sweep.memory = false;
	printf("%u passed, %u failed\n", passed, failed + !good.opened);
	arena_free(good.arena);
	return !failed && passed;
}

static bool load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	sweep.size = (uint64_t)st.st_size;
	sweep.bytes = mmap(NULL, sweep.size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return sweep.bytes != MAP_FAILED;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "gone", no_argument, NULL, 'g' },	{ "all", no_argument, NULL, 'a' },
		{ "from", required_argument, NULL, 'f' }, { "to", required_argument, NULL, 't' },
		{ "once", no_argument, NULL, 'o' },	{ "verbose", no_argument, NULL, 'v' },
		{ "memory", no_argument, NULL, 'm' },	{ "damaged", no_argument, NULL, 'd' },
		{ 0 },
	};
	ARENA_AUTO kept = arena_new(LIMIT_ARENA_BYTES);
	const struct profile *none;
	struct error err;
	bool good, memory = false;
	int key;

	while ((key = getopt_long(argc, argv, "", options, NULL)) != -1) {
		sweep.gone |= key == 'g';
		sweep.all |= key == 'a';
		sweep.verbose |= key == 'v';
		sweep.damaged |= key == 'd';
		memory |= key == 'm';
		if (key == 'f')
			sweep.from = strtoul(optarg, NULL, 10);
		if (key == 't')
			sweep.to = strtoul(optarg, NULL, 10);
	}
	if (optind != argc - 1 || !load(argv[optind])) {
		fprintf(stderr, "usage: sweep [OPTION...] IMAGE\n");
		return 2;
	}
	if (profiles_load(kept, NULL, &none, &err) < 0) {
		fprintf(stderr, "sweep: %s\n", err.message);
		return 2;
	}
	sweep.stacks = calloc(READS_MAX, sizeof(*sweep.stacks));
	stack_hash(); /* the first asks for memory itself */
	sweep.memory = memory;
	good = sweep.stacks && sweep_reads(argv[optind]);
	free(sweep.stacks);
	munmap((void *)(uintptr_t)sweep.bytes, sweep.size);
	return !good;
}
