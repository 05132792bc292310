/* SPDX-License-Identifier: MIT */
/* container-internal: what the files of the container detection share.  Nothing else includes this. */
#ifndef BLOCK_CONTAINER_INTERNAL_H
#define BLOCK_CONTAINER_INTERNAL_H

#include "base/cursor.h"
#include "block/container.h"

/* Reads up to `length` bytes at `offset` into memory of the arena, zeros beyond the end of the file. */
int container_bytes(struct arena *arena, struct view *file, uint64_t offset, size_t length, struct cursor *ret,
		    struct error *err);

/* Notes a name and closes the container. */
void container_external(struct container *c, enum container_role role, const char *name, uint64_t offset,
			uint64_t length);

/* Makes the container one that nobody reads. */
void container_close(struct container *c, const char *reason);

/* Each looks at the header of its format and adds the names it finds; 0 or the view's errno. */
int container_vmdk_text(struct arena *arena, struct view *file, struct container *c, struct error *err);
int container_vmdk_sparse(struct arena *arena, struct view *file, struct container *c, struct error *err);
int container_vmdk_cowd(struct arena *arena, struct view *file, struct container *c, struct error *err);
int container_vhd_fixed(struct arena *arena, struct view *file, struct container *c, struct error *err);
int container_vhd(struct arena *arena, struct view *file, struct container *c, struct error *err);
int container_vhdx(struct arena *arena, struct view *file, struct container *c, struct error *err);
int container_vdi(struct arena *arena, struct view *file, struct container *c, struct error *err);
int container_qed(struct arena *arena, struct view *file, struct container *c, struct error *err);
int container_qcow(struct arena *arena, struct view *file, struct container *c, struct error *err);
int container_dmg(struct arena *arena, struct view *file, struct container *c, struct error *err);

/* What of a VHDX's regions and metadata is of interest here. */
struct container_vhdx {
	bool found; /* the file parameters; without them the rest means nothing */
	bool has_parent;
	uint64_t block_size;                /* bytes */
	uint64_t bat_offset, bat_length;    /* of the block allocation table, bytes */
	uint64_t metadata_offset;           /* of the metadata region */
	uint64_t bat_entry, metadata_entry; /* where the region table says so */
	uint64_t parameters_offset;         /* of the file parameters */
	uint64_t locator_offset;            /* of the parent locator; length 0: none */
	uint32_t locator_length;
};

int container_vhdx_layout(struct arena *arena, struct view *file, struct container_vhdx *ret, struct error *err);

/* Does the text look like a VMDK descriptor to QEMU (vmdk_probe) or to VMware? */
bool container_is_vmdk_text(const unsigned char *start, size_t size);

#endif
