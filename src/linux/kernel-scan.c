/* SPDX-License-Identifier: MIT */
/* kernel-scan: goes through a kernel's bytes for its banner (init/version.c) and its configuration (kernel/configs.c). */
#include "linux/kernel.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"

#define BANNER "Linux version "
#define BANNER_SIZE (sizeof(BANNER) - 1)
#define CONFIG_START "IKCFG_ST"
#define CONFIG_START_SIZE (sizeof(CONFIG_START) - 1)
#define LINE 512 /* more than a banner ever has */
#define HIT_COST 60000ULL /* picoseconds for each place that may be one, of which a kernel has a few */

struct scan {
	struct kernel *kernel;
	struct arena *arena;
	struct stream *stream;
	uint8_t *buffer; /* what is searched: the end of the last window, then the present one */
	size_t size;
	unsigned needed; /* KERNEL_WANT_...: what the scan goes on for */
	bool want_version, want_config; /* what is taken where it comes by: a kernel is gone through once */
	uint64_t hits; /* that were not paid for yet */
	bool ended, lost_config; /* all was seen; but for a configuration that is too large */
	unsigned configs; /* how often something looked like a configuration */
};
#define BUFFER_SIZE ((size_t)LIMIT_STREAM_BUFFER)

/* A string constant: ends with a newline, which tells it from other strings with these words.  *line_end is where the line ends
 * that was looked at last: a line full of these words is gone through once. */
static bool banner(struct scan *scan, size_t offset, size_t *line_end)
{
	const char *text = (const char *)scan->buffer + offset + BANNER_SIZE;
	size_t left = scan->size - offset - BANNER_SIZE, length;

	if (!left || *text < '0' || *text > '9')
		return false;
	if (*line_end < offset + BANNER_SIZE)
		*line_end = offset + BANNER_SIZE;
	while (*line_end < scan->size && scan->buffer[*line_end] >= ' ' && scan->buffer[*line_end] < 0x7f)
		++*line_end;
	length = *line_end - offset - BANNER_SIZE;
	if (length == left || length >= LINE || text[length] != '\n' || !memchr(text, ' ', length))
		return false;
	scan->kernel->version = arena_strndup(scan->arena, text, length);
	scan->kernel->release = arena_strndup(scan->arena, text, (size_t)((const char *)memchr(text, ' ', length) - text));
	return true;
}

/* The buffer's bytes from an offset on, then the stream's. */
struct joined {
	struct stream *rest;
	const uint8_t *data;
	size_t size;
};

static int joined_fill(struct stream *stream, struct error *err)
{
	struct joined *joined = stream->state;
	int r;

	if (joined->size) {
		stream->data = joined->data;
		stream->size = joined->size;
		joined->size = 0;
		return 0;
	}
	r = stream_fill(joined->rest, err);
	if (r <= 0) {
		stream->ended = true;
		return r;
	}
	/* never more than the buffer takes back */
	stream->data = joined->rest->data;
	stream->size = joined->rest->size < BUFFER_SIZE ? joined->rest->size : BUFFER_SIZE;
	stream_consume(joined->rest, stream->size);
	return 0;
}

/* The configuration is read out of the stream itself; the search for a banner goes on behind it. */
static int config(struct scan *scan, size_t offset, struct error *err)
{
	static const struct stream_ops ops = { .fill = joined_fill };
	struct joined joined = { .rest = scan->stream, .data = scan->buffer + offset + CONFIG_START_SIZE };
	struct stream stream = { .ops = &ops, .state = &joined };
	enum stream_problem problem;
	uint8_t *data;
	size_t size;
	int r;

	joined.size = scan->size - offset - CONFIG_START_SIZE;
	r = decompress_all(scan->arena, COMPRESSION_GZIP, &stream, LIMIT_KCONFIG_BYTES, &data, &size, &problem, err);
	if (r == -EFBIG && !(scan->needed & KERNEL_WANT_CONFIG) && !limit_is_spent(WORK_UNPACKING)) {
		/* whoever needs it will come upon it again */
		scan->want_config = false;
		scan->lost_config = true;
		problem = STREAM_CORRUPT;
		r = 0;
	}
	if (r < 0)
		return r;
	/* a few other places may look like one */
	if (!scan->lost_config && ++scan->configs == LIMIT_KCONFIG_TRIES) {
		scan->want_config = false;
		if (problem != STREAM_GOOD)
			limit_error(NULL, "a kernel has more than %d places that look like its configuration and are not",
				    LIMIT_KCONFIG_TRIES - 1);
	}
	if (problem == STREAM_GOOD) {
		scan->kernel->config = data;
		scan->kernel->config_size = size;
		scan->want_config = false;
	}
	/* what the decompressor left of the window is what comes next */
	scan->size = stream.size;
	memmove(scan->buffer, stream.data, scan->size);
	return 0;
}

static void search_banner(struct scan *scan)
{
	const uint8_t *p = scan->buffer;
	size_t line_end = 0;

	while (scan->want_version) {
		p = memmem(p, scan->size - (size_t)(p - scan->buffer), BANNER, BANNER_SIZE);
		if (!p)
			return;
		scan->hits++;
		if (banner(scan, (size_t)(p - scan->buffer), &line_end))
			scan->want_version = false;
		p++;
	}
}

/* Where a compressed configuration begins, or the buffer's size. */
static size_t search_config(struct scan *scan)
{
	const uint8_t *p = scan->buffer, *end = scan->buffer + scan->size;

	while (scan->want_config && (p = memmem(p, (size_t)(end - p), CONFIG_START, CONFIG_START_SIZE))) {
		scan->hits++;
		if ((size_t)(end - p) >= CONFIG_START_SIZE + 3 && !memcmp(p + CONFIG_START_SIZE, "\x1f\x8b\x08", 3))
			return (size_t)(p - scan->buffer);
		p++;
	}
	return scan->size;
}

/* Searches the buffer, whose last bytes will be seen again with what follows them. */
static int search(struct scan *scan, struct error *err)
{
	for (;;) {
		size_t offset;
		int r;

		search_banner(scan);
		offset = search_config(scan);
		r = limit_spend(WORK_UNPACKING, scan->hits * HIT_COST, err);
		scan->hits = 0;
		if (r < 0 || offset == scan->size)
			return r;
		r = config(scan, offset, err);
		if (r < 0)
			return r;
	}
}

static bool goes_on(const struct scan *scan)
{
	return (scan->want_version && scan->needed & KERNEL_WANT_VERSION) ||
	       (scan->want_config && scan->needed & KERNEL_WANT_CONFIG);
}

static int scan_stream(struct scan *scan, struct error *err)
{
	scan->buffer = arena_alloc(scan->arena, BUFFER_SIZE);
	while (goes_on(scan)) {
		size_t kept = scan->size < LINE + BANNER_SIZE ? scan->size : LINE + BANNER_SIZE;
		uint64_t n;
		int r;

		memmove(scan->buffer, scan->buffer + scan->size - kept, kept);
		r = stream_read(scan->stream, scan->buffer + kept, BUFFER_SIZE - kept, &n, err);
		if (r < 0)
			return r;
		scan->size = kept + (size_t)n;
		if (!n) {
			scan->ended = true;
			break;
		}
		r = search(scan, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Scans what a decompressor makes of the input.  Anything wrong with it is kept in the kernel; base is where the input begins
 * in the file. */
static int scan_compressed(struct scan *scan, enum compression compression, struct stream *input, uint64_t base,
			   uint64_t limit, struct error *err)
{
	STREAM_AUTO stream = NULL;
	int r = decompress_open(scan->arena, compression, input, limit, &stream, err);

	if (r < 0)
		return r;
	scan->stream = stream;
	r = scan_stream(scan, err);
	if (r == -EFBIG && decompress_is_over(stream))
		return limit_error(err, "unpacked, the kernel has more than %" PRIu64 " bytes, an eighth of --max-decompressed",
				   limit);
	if (r >= 0 && stream->problem != STREAM_GOOD && scan->kernel->problem == KERNEL_GOOD) {
		scan->kernel->problem = stream->problem == STREAM_TRUNCATED ? KERNEL_PAYLOAD_TRUNCATED
									    : KERNEL_PAYLOAD_CORRUPT;
		scan->kernel->problem_offset = base + input->position;
	}
	return r;
}

/* A zImage does not say where its compressed kernel begins: behind the code that decompresses it.  The first place where a
 * magic number stands and 64 KiB decompress is it. */
static int find_payload(struct scan *scan, struct error *err)
{
	struct kernel *kernel = scan->kernel;
	uint64_t size = kernel->view->size < LIMIT_ZIMAGE_CODE ? kernel->view->size : LIMIT_ZIMAGE_CODE;
	uint8_t *code = arena_alloc(scan->arena, (size_t)size);
	unsigned tries = 0;
	int r = view_read(kernel->view, 0, code, (size_t)size, err);

	if (r < 0)
		return r;
	for (size_t i = 64; i + COMPRESSION_MAGIC < size && tries < 64; i++) {
		enum compression compression = compression_detect(code + i, COMPRESSION_MAGIC);
		struct arena_mark mark = arena_mark(scan->arena);
		struct stream *stream = NULL;
		uint64_t n = 0;

		if (!compression)
			continue;
		tries++;
		r = decompress_open(scan->arena, compression,
				    stream_view(scan->arena, kernel->view, i, kernel->view->size - i), GiB, &stream, NULL);
		if (r >= 0)
			r = stream_read(stream, NULL, 64 * KiB, &n, err);
		stream_close(stream);
		arena_release(scan->arena, mark);
		if (r < 0 && r != -EOPNOTSUPP)
			return r;
		if (n == 64 * KiB) {
			kernel->payload = compression;
			kernel->payload_offset = i;
			kernel->payload_size = kernel->view->size - i;
			return 0;
		}
	}
	kernel->problem = KERNEL_PAYLOAD_MISSING;
	kernel->problem_offset = 0;
	return 0;
}

static int scan_payload(struct scan *scan, uint64_t limit, struct error *err)
{
	struct kernel *kernel = scan->kernel;
	uint8_t magic[COMPRESSION_MAGIC];
	size_t size = kernel->payload_size < sizeof(magic) ? (size_t)kernel->payload_size : sizeof(magic);
	int r = view_read(kernel->view, kernel->payload_offset, magic, size, err);

	if (r < 0)
		return r;
	kernel->payload = compression_detect(magic, size);
	/* what the header promises is compressed: if it does not begin as it must, it is damaged */
	if (!kernel->payload && kernel->format == KERNEL_ZBOOT) {
		kernel->problem = KERNEL_PAYLOAD_CORRUPT;
		kernel->problem_offset = kernel->payload_offset;
		return 0;
	}
	return scan_compressed(scan, kernel->payload,
			       stream_view(scan->arena, kernel->view, kernel->payload_offset, kernel->payload_size),
			       kernel->payload_offset, limit, err);
}

int kernel_scan(struct arena *arena, struct kernel *kernel, unsigned wanted, uint64_t limit, struct error *err)
{
	struct scan scan = { .kernel = kernel, .arena = arena };
	int r = 0;

	scan.needed = wanted;
	scan.want_version = !kernel->version && !kernel->scanned_version;
	scan.want_config = !kernel->config && !kernel->scanned_config;
	if (!goes_on(&scan))
		return 0;
	if (kernel->wrapper || kernel->format == KERNEL_ARM64 || kernel->format == KERNEL_RISCV ||
	    kernel->format == KERNEL_LOONGARCH || kernel->format == KERNEL_ELF) {
		/* behind a wrapper, another compressed kernel is not looked into: nobody builds that */
		r = scan_compressed(&scan, kernel->wrapper, stream_view(arena, kernel->view, 0, kernel->view->size), 0,
				    limit, err);
	} else if (kernel->format != KERNEL_NONE && kernel->problem == KERNEL_GOOD) {
		if (kernel->format == KERNEL_ARM && !kernel->payload)
			r = find_payload(&scan, err);
		if (r >= 0 && kernel->payload_size && kernel->problem == KERNEL_GOOD)
			r = scan_payload(&scan, limit, err);
	}
	if (r < 0)
		return r;
	kernel->scanned_version |= (wanted & KERNEL_WANT_VERSION) || scan.ended;
	kernel->scanned_config |= (wanted & KERNEL_WANT_CONFIG) || (scan.ended && !scan.lost_config);
	return 0;
}
