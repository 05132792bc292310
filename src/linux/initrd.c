/* SPDX-License-Identifier: MIT */
/* initrd: goes through the members, as unpack_to_rootfs() of the kernel's init/initramfs.c does.  What an entry answers is in
 * initrd-inquiry.c. */
#include "linux/initrd-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "linux/bootconfig.h"

struct pass {
	struct arena *arena; /* of the pass alone */
	struct view *view;
	uint64_t end; /* of what Linux unpacks of it */
	struct initrd *initrd;
	struct inquiry inquiry;
	struct cpio cpio;
	struct stream *file; /* the initrd's own bytes; its position is an offset in the file */
	bool to_end;
	uint64_t limit;
	bool done; /* nothing more is to be known */
};

static int problem(struct pass *pass, struct initrd_member *member, enum initrd_problem what, const char *detail,
		   uint64_t offset, uint64_t unpacked)
{
	member->problem = what;
	member->detail = detail;
	member->problem_offset = offset;
	member->problem_unpacked = unpacked;
	pass->initrd->damaged = true;
	return 0;
}

static bool early(const char *path)
{
	while (*path == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	return !strncmp(path, "kernel/x86/microcode/", 21) || !strncmp(path, "kernel/firmware/acpi/", 21);
}

/* What a cpio event that is no entry means.  In a compressed member, whatever the decompressor says comes first. */
static int finish(struct pass *pass, struct initrd_member *member, struct stream *stream, int event)
{
	static const struct {
		enum initrd_problem problem;
		const char *detail;
	} problems[] = {
		[CPIO_OTHER] = { INITRD_GARBAGE, "between entries of an archive" },
		[CPIO_TRUNCATED] = { INITRD_CUT, NULL },
		[CPIO_OLD_FORMAT] = { INITRD_OLD_FORMAT, NULL },
		[CPIO_BAD_HEADER] = { INITRD_BAD_HEADER, NULL },
		[CPIO_BAD_NAME] = { INITRD_BAD_HEADER, "an entry's name is damaged" },
		[CPIO_UNALIGNED] = { INITRD_UNALIGNED, NULL },
		[CPIO_CHECKSUM] = { INITRD_CHECKSUM, NULL },
	};
	bool compressed = stream != pass->file;
	uint64_t offset = pass->file->position, unpacked = compressed ? stream->position : 0;

	if (compressed && stream->problem != STREAM_GOOD && (event == CPIO_END || event == CPIO_TRUNCATED))
		return problem(pass, member, stream->problem == STREAM_TRUNCATED ? INITRD_TRUNCATED : INITRD_CORRUPT,
			       stream->detail, offset, unpacked);
	/* in the open, the next member may begin here; an archive that is cut short ends with the file */
	if (event == CPIO_END || (!compressed && event == CPIO_OTHER)) {
		member->complete = true;
		return 0;
	}
	if (!compressed && event == CPIO_TRUNCATED)
		return problem(pass, member, INITRD_TRUNCATED, NULL, offset, unpacked);
	if (event != CPIO_TRUNCATED && event != CPIO_OTHER)
		unpacked = compressed ? pass->cpio.entry.offset : 0;
	return problem(pass, member, problems[event].problem, problems[event].detail,
		       compressed || event == CPIO_OTHER ? offset : pass->cpio.entry.offset, unpacked);
}

/* Reads a member's archive. */
static int read_archive(struct pass *pass, struct initrd_member *member, struct stream *stream, struct error *err)
{
	int event;

	cpio_begin(&pass->cpio, stream, 0);
	while ((event = cpio_next(&pass->cpio, pass->to_end, err)) >= 0) {
		int r;

		if (event == CPIO_TRAILER) {
			member->trailer = true;
			inquiry_trailer(&pass->inquiry);
			continue;
		}
		if (event != CPIO_ENTRY)
			return finish(pass, member, stream, event);
		if (++member->entries > limits_initrd_entries())
			return limit_error(err, "the initrd has more than %" PRIu64 " files, 16 times --max-files",
					 limits_initrd_entries());
		r = limit_spend(WORK_UNPACKING, LIMIT_INITRD_ENTRY_COST, err);
		if (r < 0)
			return r;
		member->microcode |= early(pass->cpio.entry.name);
		r = inquiry_entry(&pass->inquiry, &pass->cpio, err);
		if (r < 0)
			return r;
	}
	return event;
}

static int read_compressed(struct pass *pass, struct initrd_member *member, struct error *err)
{
	struct initrd *initrd = pass->initrd;
	STREAM_AUTO stream = NULL;
	int r;

	/* an archive in the open is gone through all the same, to see what follows it */
	if (!pass->to_end && !pass->inquiry.count) {
		pass->done = true;
		return 0;
	}
	r = decompress_open(pass->arena, member->compression, pass->file, pass->limit - initrd->unpacked, &stream, err);
	if (r < 0)
		return r;
	r = read_archive(pass, member, stream, err);
	/* the end of the archive is known only when the member's own end is, with its checksum */
	member->unpacked = stream->position;
	initrd->unpacked += stream->position;
	initrd->over_limit = r == -EFBIG && decompress_is_over(stream);
	return r;
}

static int begin_member(struct pass *pass, struct initrd_member **ret, struct error *err)
{
	struct initrd *initrd = pass->initrd;

	if (initrd->member_count == LIMIT_INITRD_MEMBERS)
		return limit_error(err, "the initrd has more than %d members", LIMIT_INITRD_MEMBERS);
	*ret = &initrd->members[initrd->member_count++];
	**ret = (struct initrd_member){ .offset = pass->file->position };
	return 0;
}

static int read_member(struct pass *pass, struct error *err)
{
	uint64_t offset = pass->file->position, left = pass->end - offset;
	size_t size = left < COMPRESSION_HEAD ? (size_t)left : COMPRESSION_HEAD;
	struct initrd_member *member = NULL;
	uint8_t head[COMPRESSION_HEAD];
	int r = begin_member(pass, &member, err);

	if (r < 0)
		return r;
	r = view_read(pass->view, offset, head, size, err);
	if (r < 0)
		return r;
	member->compression = compression_detect(head, size);
	member->refused = compression_refused_by_kernel(head, size);
	if (member->compression)
		r = read_compressed(pass, member, err);
	else if (*head == '0')
		r = read_archive(pass, member, pass->file, err);
	else if (size >= 2 && (!memcmp(head, "\xc7\x71", 2) || !memcmp(head, "\x71\xc7", 2)))
		r = problem(pass, member, INITRD_OLD_FORMAT, NULL, offset, 0);
	else
		r = problem(pass, member, INITRD_GARBAGE, NULL, offset, 0);
	/* Linux goes on with what it has unpacked */
	pass->initrd->complete = member->problem == INITRD_GARBAGE && member->problem_offset == offset &&
				 pass->initrd->member_count > 1;
	member->size = pass->file->position - offset;
	return r;
}

static int read_all(struct pass *pass, struct error *err)
{
	struct initrd *initrd = pass->initrd;
	int r;

	while ((r = stream_skip_zeros(pass->file, err)) > 0) {
		r = read_member(pass, err);
		if (r < 0)
			return r;
		if (pass->done || initrd->damaged)
			return 0;
	}
	if (r < 0)
		return r;
	if (!initrd->member_count) {
		struct initrd_member *member = NULL;

		r = begin_member(pass, &member, err);
		return r < 0 ? r : problem(pass, member, INITRD_EMPTY, NULL, 0, 0);
	}
	initrd->complete = true;
	return 0;
}

int initrd_read(struct arena *arena, struct view *view, struct initrd_question *questions, size_t count,
		const struct initrd_options *options, struct initrd **ret, struct error *err)
{
	ARENA_AUTO scratch = arena_new(limits_arena_bytes());
	struct pass *pass = ARENA_NEW(scratch, struct pass);
	int r;

	pass->arena = scratch;
	pass->view = view;
	pass->initrd = *ret = ARENA_NEW(arena, struct initrd);
	pass->initrd->size = view->size;
	pass->to_end = options->to_end;
	pass->limit = options->limit ? options->limit : limits.decompressed;
	r = inquiry_begin(&pass->inquiry, arena, scratch, pass->initrd, questions, count, options->more_before, err);
	if (r < 0)
		return r;
	r = bootconfig_begin(view, &pass->end, err);
	if (r >= 0) {
		pass->file = stream_view(scratch, view, 0, pass->end);
		r = read_all(pass, err);
	}
	if (r < 0) {
		(void)inquiry_end(&pass->inquiry, false, NULL);
		return r;
	}
	return inquiry_end(&pass->inquiry, pass->initrd->complete, err);
}
