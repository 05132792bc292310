/* SPDX-License-Identifier: MIT */
/* initrd: answers questions about what an initrd holds, in one forward pass and bounded memory.
 *
 * An initrd is a concatenation of newc archives, each perhaps compressed, with zeros between
 * (Documentation/driver-api/early-userspace/buffer-format.rst).  All questions are put first, and answered by what is there in
 * the end: a later entry takes the place of an earlier one, so that the pass goes to the end of the file.  Nothing is unpacked
 * to disk, and nothing is decompressed where nothing is asked.
 */
#ifndef LINUX_INITRD_H
#define LINUX_INITRD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "block/view.h"
#include "linux/decompress.h"

enum initrd_question_kind {
	INITRD_PATH,    /* is there a file of this path? */
	INITRD_CONTENT, /* and what are its first `limit` bytes? */
	INITRD_MODULE,  /* is there a module of this name, in any directory, compressed or not? */
	INITRD_PROGRAM, /* is there a file of this path that the kernel can execute? */
	INITRD_FOLDER,  /* is there a file or link in this folder itself, by another name than `but`? */
};

enum initrd_answer {
	INITRD_UNKNOWN, /* the pass did not get so far: see struct initrd */
	INITRD_FOUND,   /* where it ended, or could go no further */
	INITRD_NOT_FOUND,
};

struct initrd_question {
	enum initrd_question_kind kind;
	/* A path with or without a leading slash, in which usr/bin, usr/sbin, usr/lib and usr/lib64 are the same as bin and so
	 * on; or a module's name with dashes or underscores. */
	const char *name;
	const char *release; /* of a module: it must lie in .../modules/RELEASE/; NULL: in any */
	uint16_t machine;    /* of a module or a program: the kernel's, as in ELF headers; 0: any */
	size_t limit;        /* bytes of content that are wanted, at most LIMIT_INITRD_CONTENT */
	const char *but;     /* of a folder: the name that does not count; NULL: none */

	/* filled by initrd_read */
	enum initrd_answer answer;
	const char *path;    /* as the archive writes it */
	uint32_t mode;       /* as in st_mode */
	uint32_t size;       /* bytes; of a hard link, those of the file where they were met */
	uint32_t reached;    /* of a path: the mode of the file that it names, links followed; 0: they lead nowhere */
	bool empty;          /* and that is a regular file of no bytes, and no hard link either whose bytes come later */
	bool elsewhere;      /* and not at the path itself, but only where a merged /usr would have it */
	const char *target;  /* of a symbolic link */
	const uint8_t *content; /* min(size, limit) bytes, for INITRD_CONTENT and regular files */
	size_t content_size;
	unsigned member;     /* index in initrd->members */
	const char *fault;   /* of a module that was not found: why the file at `path` is none; NULL: there is no file.  Of a
			      * program that is there: why the kernel cannot execute it, in words that follow its name; NULL:
			      * it can, or that is not known */
};

enum initrd_problem {
	INITRD_GOOD,
	INITRD_EMPTY,      /* there is no member: the file has no byte, or nothing but zeros */
	INITRD_TRUNCATED,  /* the member's compressed bytes, or an archive's, end too early */
	INITRD_CORRUPT,    /* its compressed bytes cannot be decompressed, or their checksum is wrong */
	INITRD_GARBAGE,    /* where a member should begin, or within one between entries, there is neither an archive nor a
			    * compression that is known */
	INITRD_OLD_FORMAT, /* a cpio archive in another format than newc */
	INITRD_BAD_HEADER, /* an entry's header is damaged */
	INITRD_UNALIGNED,  /* an archive or an entry does not begin at a multiple of four */
	INITRD_CHECKSUM,   /* an entry's own checksum (070702) is wrong */
	INITRD_CUT,        /* the compressed member ends within an archive */
};

struct initrd_member {
	uint64_t offset; /* in the file */
	uint64_t size;   /* bytes in the file, as far as they were read */
	enum compression compression;
	const char *refused; /* why the kernel cannot decompress it though we can, or NULL */
	uint64_t entries, unpacked; /* read so far; unpacked in bytes */
	bool complete;   /* it was read to its end */
	bool trailer;    /* TRAILER!!! was seen */
	bool microcode;  /* an early archive: kernel/x86/microcode or kernel/firmware/acpi */
	enum initrd_problem problem;
	const char *detail;      /* a few words more, or NULL */
	uint64_t problem_offset; /* in the file; in a compressed member where the decompressor stood */
	uint64_t problem_unpacked; /* in what is unpacked of a compressed member */
};

struct initrd {
	struct initrd_member members[LIMIT_INITRD_MEMBERS];
	unsigned member_count;
	const char **releases; /* of the kernels whose modules it holds: from lib/modules/RELEASE/ */
	unsigned release_count;
	bool complete;  /* all that Linux unpacks was gone through; else nothing was asked, or there is a problem, or a limit was
			 * met */
	bool damaged;   /* one member, the last of the list, has a problem: the kernel stops there too.  If it is complete, that
			 * is no archive but what follows the last one */
	uint64_t size;  /* bytes of the file */
	uint64_t unpacked; /* bytes decompressed, of all members */
	bool over_limit; /* it unpacks to more than options->limit: that is why initrd_read failed */
};

struct initrd_options {
	bool to_end;    /* go to the end though nothing is asked, and verify checksums of entries */
	bool more_before; /* the kernel may have an initramfs of its own, whose folders are there before: a file without its
			   * folder counts, and a link may lead there */
	uint64_t limit; /* bytes decompressed; 0: limits.decompressed */
};

/* Reads an initrd and answers the questions.  *ret is filled, and answers that were found are there, whatever is returned: 0, or
 * a negative errno when the medium failed or a limit was met (-EFBIG), or a member is compressed in a way that we cannot
 * read (-EOPNOTSUPP); then what was not found is INITRD_UNKNOWN.  It also is where the initrd is damaged.  With no question and
 * without to_end it stops before it would decompress anything. */
int initrd_read(struct arena *arena, struct view *view, struct initrd_question *questions, size_t count,
		const struct initrd_options *options, struct initrd **ret, struct error *err);

#endif
