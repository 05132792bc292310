/* SPDX-License-Identifier: MIT */
/* appliance: file systems and volumes that libguestfs reads for us, in the helper, over a stream socket.
 *
 * The helper sees the disk as an NBD export of our own view (block/nbd-export.h), which is served here while we wait for its
 * answers.  It makes the socket of that export, in a folder of its own, and passes it to us before anything else, beside one
 * reply as below, with id 0.  The protocol, all integers little-endian, strings as buffer_counted writes them:
 *
 *   request  u32 op, u32 id, u64 handle, u64 offset, u32 length, u32 bytes of text, then the text
 *   reply    u32 id, i32 status, u32 length, u32 zero, then the data; with a negative status, the message of what went wrong
 *
 *   op        handle       offset        length       text                        data of the reply
 *   LAUNCH    sector size  -             MiB of RAM   -                           string: why KVM was not used, or none
 *   UNLOCK    partition    -             -            string volume, string key   -
 *   VOLUMES   -            -             -            -                           u32 count, then of each: u32 partition,
 *                                                                                 strings volume, type, UUID, label
 *   MOUNT     partition    size or 0     -            strings volume, options     u64 handle of the root
 *   STAT      handle       -             -            -                           u32 mode, u64 size
 *   READDIR   handle       -             most entries -                           u32 count, then of each: u64 handle, u32
 *                                                                                 enum fs_type, string name
 *   READLINK  handle       -             -            -                           the target
 *   GETXATTR  handle       -             -            name                        the value
 *   READ      handle       offset        bytes        -                           exactly so many bytes
 *   STATFS    handle       -             -            -                           u32 block size, u64 blocks, u64 free blocks
 *
 * One request is under way at a time.  The helper ends when its socket is closed.  What comes from it is one more untrusted
 * input: every number is checked, every wait has a limit.
 */
#ifndef FS_APPLIANCE_H
#define FS_APPLIANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/error.h"
#include "base/limits.h"
#include "block/nbd-export.h"
#include "fs/fs.h"

/* The descriptor that the parent gives the helper, and the socket's name in its folder. */
#define APPLIANCE_SOCKET_FD 3
#define APPLIANCE_EXPORT_NAME "nbd"

/* What the helper's exit status says of the machine, whatever the image: libguestfs, its QEMU or kernel are not there; KVM
 * fails where emulation works. */
#define APPLIANCE_EXIT_ABSENT 3
#define APPLIANCE_EXIT_NO_KVM 4
#define APPLIANCE_INSTALL "on Debian, `apt install libguestfs0 linux-image-cloud-amd64` brings it and a kernel for it"

enum appliance_op {
	APPLIANCE_LAUNCH = 1,
	APPLIANCE_UNLOCK,
	APPLIANCE_VOLUMES,
	APPLIANCE_MOUNT,
	APPLIANCE_STAT,
	APPLIANCE_READDIR,
	APPLIANCE_READLINK,
	APPLIANCE_GETXATTR,
	APPLIANCE_READ,
	APPLIANCE_STATFS,
};

#define APPLIANCE_REQUEST_BYTES 32
#define APPLIANCE_REPLY_BYTES 16
#define APPLIANCE_TEXT_MAX 16384U
#define APPLIANCE_DATA_MAX (8U << 20) /* and for each entry of a directory that may have more than so many bytes: */
#define APPLIANCE_ENTRY_BYTES 128
#define APPLIANCE_READ_MAX (2U << 20) /* libguestfs's own bound is 4 MiB with its headers */
#define APPLIANCE_MESSAGE_MAX 300
#define APPLIANCE_PATH_MAX 4096
#define APPLIANCE_VOLUMES_MAX LIMIT_VOLUMES

/* How long things may take, in milliseconds: a launch with KVM, which takes 2 to 4 s where it works; one without; a LUKS key,
 * whose derivation is made to be slow; anything else.  The helper's own limits, and what we grant it beyond them. */
#define APPLIANCE_KVM_MS 30000
#define APPLIANCE_TCG_MS 150000
#define APPLIANCE_UNLOCK_MS 180000
#define APPLIANCE_REQUEST_MS 60000
#define APPLIANCE_GRACE_MS 10000

/* Memory of the appliance, in MiB: for files alone, and where keys are derived (cryptsetup lets argon2id take 1 GiB) */
#define APPLIANCE_MEMORY 640
#define APPLIANCE_MEMORY_LUKS 2048

struct appliance;

/* A volume inside the partitions. */
struct appliance_volume {
	int partition;      /* the first that it lies in; PARTITION_WHOLE_DISK */
	const char *volume; /* "vg/root", "md/0"; NULL: what the LUKS of that partition hides */
	const char *type, *uuid, *label; /* NULL: none */
};

/* The listening socket that the helper sends first; or a negative errno with a message. */
int appliance_receive_export(int socket, struct error *err);

/* The helper at the far side of `socket`, which must stay open; it reads what `export` serves (NULL: nothing is served, for
 * tests).  Lives in the arena; caches are freed by appliance_close. */
struct appliance *appliance_new(struct arena *arena, int socket, struct nbd_export *export);
void appliance_close(struct appliance *appliance);

/* All of the following: 0, or a negative errno with a message: what the helper says it could not do, -ETIMEDOUT, -EPROTO for an
 * answer out of order, -EIO if it has gone. */

/* Starts libguestfs.  sector_size: bytes.  *ret_note is why it was started without KVM although there is one, or NULL. */
int appliance_launch(struct appliance *appliance, unsigned sector_size, unsigned memory, const char **ret_note,
		     struct error *err);

/* Opens the LUKS of a partition, or of a volume in it (volume not NULL).  -ENOKEY: the key does not fit. */
int appliance_unlock(struct appliance *appliance, int partition, const char *volume, const char *key, struct error *err);

/* Volumes of LVM and RAID, and what was unlocked. */
int appliance_volumes(struct appliance *appliance, struct appliance_volume **ret, unsigned *ret_count, struct error *err);

/* The files of a partition of `size` bytes (0: not to be compared), of what its LUKS hides once that was unlocked, or of a
 * volume; `options`, for mount, may be NULL.  type: as struct fs has it.  Lives in the arena. */
int appliance_mount(struct appliance *appliance, int partition, uint64_t size, const char *volume, const char *options,
		    const char *type, struct fs **ret, struct error *err);

/* For remote.c. ------------------------------------------------------------------------------------------------------- */

struct appliance_request {
	enum appliance_op op;
	uint64_t handle, offset;
	uint32_t length;
	const char *text;
	uint32_t text_bytes;
};

/* One exchange.  At most `capacity` bytes of data are taken into `data`, or if that is NULL into memory that the next exchange
 * uses anew, with *ret_data in it.  Returns how many. */
long appliance_ask(struct appliance *appliance, const struct appliance_request *request, void *data, size_t capacity,
		   const uint8_t **ret_data, struct error *err);

struct fs *remote_fs_new(struct arena *arena, struct appliance *appliance, uint64_t root, const char *type);
void remote_fs_free(struct fs *fs);

/* Decoders of replies; entries and volumes go into the arena.  -EPROTO for what no honest helper sends. */
int remote_decode_stat(const void *data, size_t size, struct fs_stat *ret, struct error *err);
int remote_decode_statfs(const void *data, size_t size, struct fs_statfs *ret, struct error *err);
int remote_decode_listing(struct arena *arena, const void *data, size_t size, struct fs_entry **ret, size_t *ret_count,
			  struct error *err);
int appliance_decode_volumes(struct arena *arena, const void *data, size_t size, struct appliance_volume **ret,
			     unsigned *ret_count, struct error *err);

#endif
