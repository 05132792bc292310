/* SPDX-License-Identifier: MIT */
/* guestfs: one appliance of libguestfs and what is known of it; the parts of `vmlint-helper guestfs`. */
#ifndef HELPER_GUESTFS_H
#define HELPER_GUESTFS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "fs/appliance.h"
#include "helper/guestfs-library.h"

/* A file that was named to the worker.  Its handle is its index in the table; a file's path is its parent's and its name. */
struct node {
	uint32_t parent;      /* index; its own for a root */
	uint32_t first, count; /* if listed: the entries' */
	uint32_t asked;       /* how many of the entries were asked for one by one */
	char *name;           /* of a root: its mount point */
	enum fs_type type;
	bool listed, known;   /* known: mode and size are */
	uint32_t mode;
	uint64_t size;
};

/* A volume that `volumes` named to the worker. */
struct volume {
	int partition;
	char *name; /* "vg/root"; NULL: what the LUKS of the partition hides */
	char *device;
};

struct session {
	guestfs_h *g; /* NULL before the launch */
	const char *folder; /* for temporary files; the export's socket is in it */
	bool no_kvm, unlocked;
	bool absent, kvm_failed; /* what the exit status is to say */
	unsigned map_count; /* names of device mapper that were taken */
	struct node *nodes;
	uint32_t node_count, node_capacity;
	struct volume volumes[APPLIANCE_VOLUMES_MAX];
	unsigned volume_count, mount_count;
	char tail[4096]; /* what the appliance and its programs said last */
};

/* A request, its text ended by NUL. */
struct request {
	uint32_t op, id;
	uint64_t handle, offset;
	uint32_t length, text_bytes;
	char text[APPLIANCE_TEXT_MAX + 1];
};

/* Kills all other processes of our group: QEMU, supermin and their like.  May be called by a signal handler. */
void session_kill_children(void);
/* The signal to end has come. */
bool session_stopping(void);

/* Each appends the reply's data to `out`; 0, or a negative errno with a message. */
int session_start(struct session *session, const struct request *request, struct buffer *out, struct error *err);
int session_unlock(struct session *session, struct request *request, struct error *err);
int session_volumes(struct session *session, struct buffer *out, struct error *err);
int session_mount_volume(struct session *session, const struct request *request, struct buffer *out, struct error *err);
int session_file(struct session *session, const struct request *request, struct buffer *out, struct error *err);

/* "doing WHAT: " and libguestfs's own words, on one line; the status is from its errno, or EIO. */
int session_fail(struct session *session, struct error *err, const char *what);

/* A root for a mount point; its handle, or -1 without memory. */
int64_t session_new_root(struct session *session, const char *mount_point);
void session_free_files(struct session *session);
void session_free_volumes(struct session *session);

/* Two strings of a request's text (NULL: none), in place.  False if it holds anything else. */
bool session_two_strings(struct request *request, char **ret_first, char **ret_second);

#endif
