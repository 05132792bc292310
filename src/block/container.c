/* SPDX-License-Identifier: MIT */
/* container: the table of magic numbers. */
#include "block/container-internal.h"

#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"

#define START_BYTES 4096
#define FOOTER_BYTES 512

typedef int examine(struct arena *arena, struct view *file, struct container *c, struct error *err);

struct magic {
	enum container_format format;
	const char *name, *driver;
	enum container_access access;
	unsigned offset, length;
	const char *bytes;
	examine *look; /* reads on in the header; may be NULL */
	const char *reason;
};

#define MAGIC(offset, bytes) offset, sizeof(bytes) - 1, bytes

/* The first that fits counts. */
static const struct magic magics[] = {
	{ CONTAINER_QCOW, "qcow", "qcow", CONTAINER_HELPER, MAGIC(0, "QFI\xfb\0\0\0\1"), container_qcow, NULL },
	{ CONTAINER_QCOW2, "qcow2", "qcow2", CONTAINER_READER, MAGIC(0, "QFI\xfb"), NULL, NULL },
	{ CONTAINER_VMDK, "vmdk", "vmdk", CONTAINER_HELPER, MAGIC(0, "KDMV"), container_vmdk_sparse, NULL },
	{ CONTAINER_VMDK, "vmdk", "vmdk", CONTAINER_HELPER, MAGIC(0, "COWD"), container_vmdk_cowd, NULL },
	{ CONTAINER_VMDK, "vmdk", "vmdk", CONTAINER_CLOSED, MAGIC(0, "\xbe\xba\xfe\xca\0\0\0\0\1\0\0\0\2\0\0\0"), NULL,
	  "it is an extent of the ESXi seSparse format, which only its descriptor explains" },
	{ CONTAINER_VHDX, "vhdx", "vhdx", CONTAINER_HELPER, MAGIC(0, "vhdxfile"), container_vhdx, NULL },
	{ CONTAINER_VHD, "vhd", "vpc", CONTAINER_HELPER, MAGIC(0, "conectix"), container_vhd, NULL },
	{ CONTAINER_VDI, "vdi", "vdi", CONTAINER_HELPER, MAGIC(64, "\x7f\x10\xda\xbe"), container_vdi, NULL },
	{ CONTAINER_QED, "qed", "qed", CONTAINER_HELPER, MAGIC(0, "QED\0"), container_qed, NULL },
	{ CONTAINER_PARALLELS, "parallels", "parallels", CONTAINER_HELPER, MAGIC(0, "WithoutFreeSpace"), NULL, NULL },
	{ CONTAINER_PARALLELS, "parallels", "parallels", CONTAINER_HELPER, MAGIC(0, "WithouFreSpacExt"), NULL, NULL },
	{ CONTAINER_BOCHS, "bochs", "bochs", CONTAINER_HELPER, MAGIC(0, "Bochs Virtual HD Image\0"), NULL, NULL },
	{ CONTAINER_CLOOP, "cloop", "cloop", CONTAINER_HELPER, MAGIC(0, "#!/bin/sh\n#V2.0 Format\nmodprobe cloop"),
	  NULL, NULL },
	{ CONTAINER_LUKS, "luks", "luks", CONTAINER_CLOSED, MAGIC(0, "LUKS\xba\xbe"), NULL, "it is encrypted (LUKS)" },
	{ CONTAINER_ANDROID_SPARSE, "android-sparse", NULL, CONTAINER_PACKED, MAGIC(0, "\x3a\xff\x26\xed\1\0"), NULL,
	  NULL },
	{ CONTAINER_XZ, "xz", NULL, CONTAINER_PACKED, MAGIC(0, "\3757zXZ\0"), NULL, NULL },
	{ CONTAINER_GZIP, "gzip", NULL, CONTAINER_PACKED, MAGIC(0, "\x1f\x8b\x08"), NULL, NULL },
	{ CONTAINER_ZSTD, "zstd", NULL, CONTAINER_PACKED, MAGIC(0, "\x28\xb5\x2f\xfd"), NULL, NULL },
	{ CONTAINER_ZSTD, "zstd", NULL, CONTAINER_PACKED, MAGIC(1, "\x2a\x4d\x18"), NULL, NULL }, /* skippable */
	{ CONTAINER_BZIP2, "bzip2", NULL, CONTAINER_PACKED, MAGIC(4, "\x31\x41\x59\x26\x53\x59"), NULL, NULL },
	{ CONTAINER_LZ4, "lz4", NULL, CONTAINER_PACKED, MAGIC(0, "\x04\x22\x4d\x18"), NULL, NULL },
	{ CONTAINER_LZMA, "lzma", NULL, CONTAINER_PACKED, MAGIC(0, "\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff"),
	  NULL, NULL },
	{ CONTAINER_LZOP, "lzop", NULL, CONTAINER_PACKED, MAGIC(0, "\x89LZO\0\r\n\x1a\n"), NULL, NULL },
	{ CONTAINER_ZIP, "zip", NULL, CONTAINER_PACKED, MAGIC(0, "PK\3\4"), NULL, NULL },
	{ CONTAINER_7Z, "7z", NULL, CONTAINER_PACKED, MAGIC(0, "7z\xbc\xaf\x27\x1c"), NULL, NULL },
	{ CONTAINER_TAR, "tar", NULL, CONTAINER_PACKED, MAGIC(257, "ustar"), NULL, NULL },
};

/* Those that are known by their last 512 bytes. */
static const struct magic footers[] = {
	{ CONTAINER_VHD, "vhd", "vpc", CONTAINER_SELF, MAGIC(0, "conectix"), container_vhd_fixed, NULL },
	{ CONTAINER_DMG, "dmg", "dmg", CONTAINER_HELPER, MAGIC(0, "koly\0\0\0\4"), container_dmg, NULL },
};

int container_bytes(struct arena *arena, struct view *file, uint64_t offset, size_t length, struct cursor *ret,
		    struct error *err)
{
	unsigned char *bytes = arena_alloc(arena, length);
	uint64_t present = offset < file->size ? file->size - offset : 0;
	int r;

	*ret = cursor_make(bytes, length);
	if (!present)
		return 0;
	r = view_read(file, offset, bytes, present < length ? (size_t)present : length, err);
	return r < 0 ? r : 0;
}

void container_close(struct container *c, const char *reason)
{
	if (c->access == CONTAINER_CLOSED)
		return;
	c->access = CONTAINER_CLOSED;
	c->reason = reason;
}

void container_external(struct container *c, enum container_role role, const char *name, uint64_t offset,
			uint64_t length)
{
	container_close(c, role == CONTAINER_PARENT ? "a part of its data is in another file, its parent"
						    : "its data is in other files, which it names");
	for (unsigned i = 0; i < c->external_count; i++)
		if (!strcmp(c->externals[i].name, name))
			return;
	if (c->external_count == CONTAINER_EXTERNALS_MAX)
		c->externals_dropped++;
	else
		c->externals[c->external_count++] = (struct container_external){ role, name, offset, length };
}

static const struct magic *find(const struct magic *table, size_t count, const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		const struct magic *m = &table[i];

		if (m->offset + m->length <= size && !memcmp(bytes + m->offset, m->bytes, m->length))
			return m;
	}
	return NULL;
}

static int settle(struct arena *arena, struct view *file, const struct magic *m, struct container *c, struct error *err)
{
	c->format = m->format;
	c->format_name = m->name;
	c->driver = m->driver;
	c->access = m->access;
	c->reason = m->reason;
	return m->look ? m->look(arena, file, c, err) : 0;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int container_detect(struct arena *arena, struct view *file, struct container *ret, struct error *err)
{
	size_t size = file->size < START_BYTES ? (size_t)file->size : START_BYTES;
	static const struct magic text = { .format = CONTAINER_VMDK,
					   .name = "vmdk",
					   .driver = "vmdk",
					   .access = CONTAINER_CLOSED,
					   .look = container_vmdk_text,
					   .reason = "it is a VMDK descriptor, whose disk is in other files" };
	const struct magic *m;
	struct cursor start, end;
	int r = container_bytes(arena, file, 0, START_BYTES, &start, err);

	*ret = (struct container){
		.format = CONTAINER_RAW, .format_name = "raw", .driver = "raw", .disk_size = file->size
	};
	if (r < 0)
		return r;
	m = find(magics, COUNT(magics), start.data, size);
	/* a skippable zstd frame and bzip2 have a wildcard in their magic */
	if (m && ((m->format == CONTAINER_ZSTD && m->offset == 1 && (start.data[0] & 0xf0) != 0x50) ||
		  (m->format == CONTAINER_BZIP2 && memcmp(start.data, "BZh", 3))))
		m = NULL;
	if (!m && container_is_vmdk_text(start.data, size))
		m = &text;
	if (!m && file->size >= FOOTER_BYTES) {
		r = container_bytes(arena, file, file->size - FOOTER_BYTES, FOOTER_BYTES, &end, err);
		if (r < 0)
			return r;
		m = find(footers, COUNT(footers), end.data, FOOTER_BYTES);
	}
	return m ? settle(arena, file, m, ret, err) : 0;
}

const char *container_unpack_command(struct arena *arena, enum container_format format, const char *path)
{
	static const char *const commands[] = {
		[CONTAINER_XZ] = "xz -dc",
		[CONTAINER_GZIP] = "gzip -dc",
		[CONTAINER_ZSTD] = "zstd -dc",
		[CONTAINER_BZIP2] = "bzip2 -dc",
		[CONTAINER_LZ4] = "lz4 -dc",
		[CONTAINER_LZMA] = "xz --format=lzma -dc",
		[CONTAINER_LZOP] = "lzop -dc",
		[CONTAINER_ZIP] = "unzip",
		[CONTAINER_7Z] = "7z x",
		[CONTAINER_TAR] = "tar --extract --file",
		[CONTAINER_ANDROID_SPARSE] = "simg2img",
	};
	BUFFER_AUTO b = buffer_make(16 * LIMIT_FILE_NAME);
	bool stream = format >= CONTAINER_XZ && format <= CONTAINER_LZOP;

	if ((size_t)format >= COUNT(commands) || !commands[format])
		return NULL;
	/* without -c these tools go by the name's suffix, which may be any; set -C never writes over a file */
	buffer_printf(&b, "%s%s ", stream ? "(set -C; " : "", commands[format]);
	/* a name that begins with a dash would be an option */
	if (path[0] == '-')
		path = arena_printf(arena, "./%s", path);
	text_shell(&b, path);
	if (stream || format == CONTAINER_ANDROID_SPARSE) {
		buffer_string(&b, stream ? " > " : " ");
		text_shell(&b, arena_printf(arena, "%s.raw", path));
	}
	if (stream)
		buffer_char(&b, ')');
	return arena_strdup(arena, b.data);
}
