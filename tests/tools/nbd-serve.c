/* SPDX-License-Identifier: MIT */
/* nbd-serve: exports a file as the worker exports its disk, for tests/differential/nbd.bats.
 *
 *   nbd-serve FILE SOCKET            until standard input is closed
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/stream.h"
#include "block/nbd-export.h"
#include "process/channel.h"

int main(int argc, char **argv)
{
	ARENA_AUTO arena = arena_new(LIMIT_ARENA_BYTES);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = argc == 3 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1, listener;
	struct nbd_export *export;
	struct error err;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0 || strlen(argv[2]) >= sizeof(address.sun_path)) {
		fprintf(stderr, "usage: nbd-serve FILE SOCKET\n");
		return 2;
	}
	strcpy(address.sun_path, argv[2]);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(listener, 4) < 0) {
		perror(argv[2]);
		return 2;
	}
	export = nbd_export_new(view_file(arena, fd, (uint64_t)st.st_size), listener);
	r = nbd_export_wait(export, STDIN_FILENO, stream_now() + 300000, &err);
	nbd_export_free(export);
	close(listener);
	close(fd);
	unlink(argv[2]);
	return r == 0 ? 0 : 1;
}
