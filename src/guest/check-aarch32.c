/* SPDX-License-Identifier: MIT */
/* check-aarch32: can a 32-bit program run at EL0? */
#include "guest/check.h"

#ifdef __aarch64__
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* An ELF file whose one segment is itself, and whose code ends with status 32:
 *	mov r0, #32; mov r7, #1; svc #0 */
static const uint32_t program[] = {
	0x464c457f, 0x00010101, 0, 0,	      /* ELF, 32 bits, little-endian */
	0x00280002, 1, 0x10054, 52, 0, 0x05000200, /* executable, ARM, entry, program headers; EABI 5 */
	0x00200034, 0x00280001, 0,	      /* sizes of headers, one program header */
	1, 0, 0x10000, 0x10000, 96, 96, 5, 0x1000, /* load all of it, readable and executable */
	0xe3a00020, 0xe3a07001, 0xef000000,
};

void check_aarch32(struct facts *facts)
{
	char name[] = "aarch32";
	int fd = memfd_create(name, 0), status = 0, code = fd < 0 ? errno : 0;
	char *const argv[] = { name, NULL };
	pid_t child;

	if (!code && write(fd, program, sizeof(program)) != (ssize_t)sizeof(program))
		code = EIO;
	fact_begin(facts, "aarch32");
	if (!code) {
		child = fork();
		if (child == 0) {
			fexecve(fd, argv, argv + 1);
			_exit(errno < 128 ? 128 + errno : 255);
		}
		if (child < 0 || waitpid(child, &status, 0) != child)
			code = errno;
	}
	fact_errno(facts, "error", code);
	if (!code && WIFSIGNALED(status))
		fact_decimal(facts, "signal", WTERMSIG(status));
	else if (!code && WEXITSTATUS(status) >= 128)
		fact_errno(facts, "exec", WEXITSTATUS(status) - 128);
	else if (!code)
		fact_decimal(facts, "status", WEXITSTATUS(status));
	fact_end(facts);
	if (fd >= 0)
		close(fd);
}
#else
void check_aarch32(struct facts *facts)
{
	(void)facts;
}
#endif
