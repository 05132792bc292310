/* SPDX-License-Identifier: MIT */
/* remote: the disk in a container that the helper reads for us, over a stream socket. */
#ifndef BLOCK_REMOTE_H
#define BLOCK_REMOTE_H

/* The descriptors that the parent gives the helper: the image file, open for reading, and the socket. */
#define REMOTE_IMAGE_FD 3
#define REMOTE_SOCKET_FD 4

#endif
