/* SPDX-License-Identifier: MIT */
/* kernel-dump: prints what the kernel reader makes of a file; with -c, writes the configuration that is inside. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "linux/kernel.h"

int main(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct kernel *kernel;
	struct error err;
	struct stat st;
	int fd = argc > 1 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0 || fstat(fd, &st) < 0) {
		fprintf(stderr, "usage: kernel-dump FILE [-c]\n");
		return 2;
	}
	if (kernel_open(arena, view_file(arena, fd, (uint64_t)st.st_size), &kernel, &err) < 0 ||
	    kernel_scan(arena, kernel, KERNEL_WANT_VERSION | KERNEL_WANT_CONFIG, limits_kernel_bytes(), &err) < 0) {
		fprintf(stderr, "kernel-dump: %s\n", err.message);
		return 2;
	}
	if (argc > 2) {
		fwrite(kernel->config, 1, kernel->config_size, stdout);
		return 0;
	}
	printf("format %s wrapper %s machine %04x stub %d page %u\n", kernel_format_name(kernel->format),
	       compression_name(kernel->wrapper), kernel->machine, kernel->efi_stub, kernel->page_size);
	printf("payload %s (%s) at %llu of %llu\n", compression_name(kernel->payload),
	       kernel->payload_name ? kernel->payload_name : "-", (unsigned long long)kernel->payload_offset,
	       (unsigned long long)kernel->payload_size);
	printf("release %s\nversion %s\n", kernel->release ? kernel->release : "-", kernel->version ? kernel->version : "-");
	printf("problem %d at %llu config %zu\n", kernel->problem, (unsigned long long)kernel->problem_offset,
	       kernel->config_size);
	return 0;
}
