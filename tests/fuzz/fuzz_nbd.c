/* SPDX-License-Identifier: MIT */
/* fuzz_nbd: whatever a client of our NBD disk might send: QEMU, in the hands of the file system that it was given. */
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/stream.h"
#include "block/nbd-export.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes all that has been answered; false at the end of the connection. */
static bool drain(int client)
{
	static char answer[65536];
	ssize_t n;

	while ((n = recv(client, answer, sizeof(answer), MSG_DONTWAIT)) > 0)
		;
	return n < 0;
}

static void converse(struct nbd_export *export, const struct sockaddr *address, socklen_t length, const uint8_t *data,
		     size_t size)
{
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct error err;

	if (client >= 0 && connect(client, address, length) == 0) {
		if (size && send(client, data, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			size = 0;
		shutdown(client, SHUT_WR);
		/* until there is something to take */
		while (nbd_export_wait(export, client, stream_now() + 2000, &err) == 0 && drain(client))
			;
	}
	if (client >= 0)
		close(client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char disk[128 * 1024 + 512];
	ARENA_AUTO arena = arena_new(16 * MiB);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length = sizeof(address);
	struct nbd_export *export;
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* a name of the kernel's choice, which no file has */
	if (listener < 0)
		return 0;
	if (bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)) == 0 && listen(listener, 4) == 0 &&
	    getsockname(listener, (struct sockaddr *)&address, &length) == 0) {
		export = nbd_export_new(view_memory(arena, disk, sizeof(disk)), listener);
		if (export)
			converse(export, (const struct sockaddr *)&address, length, data, size);
		nbd_export_free(export);
	}
	close(listener);
	return 0;
}
