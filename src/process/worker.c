/* SPDX-License-Identifier: MIT */
/* worker: reads, judges, reports to the parent.  It opens libmagic's database, is sealed, and opens nothing from then on: what it
 * lacks it asks the parent for. */
#include "process/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/limits.h"
#include "block/container.h"
#include "block/qcow2.h"
#include "block/remote.h"
#include "image/cloud-init.h"
#include "efi/magic.h"
#include "image/image.h"
#include "process/channel.h"
#include "process/guestfs.h"
#include "process/memory.h"
#include "process/record.h"
#include "process/seal.h"

static int parent_socket;
static const char *image_name;
static enum worker_subject reads;

/* Memory is used up: say so with what was set aside for it, and end. */
static void *aside;

static void out_of_memory(void)
{
	static bool again;
	struct lint_result result;

	if (again)
		_exit(EXIT_FAILURE);
	again = true;
	free(aside);

	lint_result_init(&result, image_name);
	result.status = STATUS_UNREADABLE;
	result.error = reads == WORKER_RECORD ? "the reader was stopped by its limit of memory: this record needs more"
					      : "the reader was stopped by its limit of memory: this image needs more";
	record_send_result(parent_socket, &result, NULL);
	_exit(EXIT_SUCCESS);
}

/* Asks the parent; *ret_fd is the descriptor that it sends, or -1. */
static int ask_anything(struct arena *arena, const struct record_request *request, int *ret_fd, unsigned *ret_number,
	       struct error *err)
{
	BUFFER_AUTO out = buffer_make(LIMIT_RECORD_BYTES);
	char *reply = arena_alloc(arena, LIMIT_RECORD_BYTES);
	struct error message;
	int r, status;
	long size;

	/* cut to what a record holds, it would be another file's name */
	if (strlen(request->name) > RECORD_NAME_MAXIMUM)
		return error_set(err, ENAMETOOLONG, "a name of %zu characters is too long", strlen(request->name));
	record_encode_request(&out, request);
	r = channel_send(parent_socket, out.data, out.size, -1, err);
	if (r < 0)
		return r;
	size = channel_receive(parent_socket, reply, LIMIT_RECORD_BYTES, ret_fd, 0, err);
	if (size < 0)
		return (int)size;
	r = record_decode_reply(reply, (size_t)size, &status, ret_number, &message, err);
	if (r == 0 && status < 0)
		r = error_set(err, -status, "%s", message.message);
	if (r < 0 && *ret_fd >= 0) {
		close(*ret_fd);
		*ret_fd = -1;
	}
	return r;
}

static int ask(struct arena *arena, const struct record_request *request, int *ret_fd, unsigned *ret_number,
	       struct error *err)
{
	int r = ask_anything(arena, request, ret_fd, ret_number, err);

	return r == 0 && *ret_fd < 0 ? error_set(err, EPROTO, "the parent sent no descriptor") : r;
}

/* Until memory files are as was said.  Has an arena of its own: it is called where a view is read. */
static int wait_for_keeper(struct error *err)
{
	static const struct record_request request = { .kind = RECORD_WAIT, .name = "" };
	ARENA_AUTO arena = arena_new(2 * LIMIT_RECORD_BYTES);
	unsigned number;
	int fd, r = ask_anything(arena, &request, &fd, &number, err);

	if (fd >= 0)
		close(fd);
	return r;
}

static int seal(int image, int socket, const struct keeper *keeper, struct error *err)
{
	int keep[2 + WINDOW_PURPOSES] = { image, socket };

	/* the one file that is opened for its content's sake; from here on there is none */
	if (reads == WORKER_IMAGE)
		magic_load_database();
	keeper_use(keeper, socket, wait_for_keeper, keep + 2);
	return seal_process(keep, sizeof(keep) / sizeof(keep[0]), err);
}

static int open_sibling(void *context, struct arena *arena, unsigned base, const char *name, struct view **ret,
			unsigned *ret_number, struct error *err)
{
	const struct record_request request = { .kind = RECORD_SIBLING, .base = base, .name = name };
	struct stat st;
	int fd, r;

	(void)context;
	r = ask(arena, &request, &fd, ret_number, err);
	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0) {
		r = error_set(err, errno, "%s: %s", name, strerror(errno));
		close(fd);
		return r;
	}
	*ret = view_file(arena, fd, (uint64_t)st.st_size);
	return 0;
}

static int open_container(void *context, struct arena *arena, const char *driver, struct view **ret, struct error *err)
{
	const struct record_request request = { .kind = RECORD_CONTAINER, .name = driver };
	unsigned number;
	int socket, r;

	(void)context;
	r = ask(arena, &request, &socket, &number, err);
	if (r < 0)
		return r;
	r = view_remote(arena, socket, ret, err);
	if (r < 0)
		close(socket);
	return r;
}

static int start_helper(struct guestfs *guestfs, struct error *err)
{
	const struct record_request request = { .kind = RECORD_GUESTFS, .name = "" };
	unsigned number;
	int fd = -1, r = ask(guestfs->image->arena, &request, &fd, &number, err);

	return r < 0 ? r : fd;
}

static void say_what_boots(struct image *image, struct lint_result *result)
{
	const struct container *c = image->container;

	result->cloud_init = image_cloud_init(image);
	result->other_files = c && (c->access == CONTAINER_CLOSED || c->external_count || c->externals_dropped);
	for (unsigned i = 0; i < image->layer_count; i++) {
		const struct qcow2 *q = image->layers[i].qcow2;

		result->other_files |= q && (q->backing.text || q->data_file_used);
	}
}

/* The image is read, judged and said. */
static int run_image(struct arena *arena, const char *name, int fd, uint64_t size, int socket, const struct keeper *keeper,
		     const struct lint_options *options)
{
	const struct image_options image_options = {
		.sector_size = options->sector_size,
		.architecture = (enum architecture)options->architecture,
		.thorough = options->thorough,
		.verbose = options->verbose,
		.system = options->boots || lint_needs_system(arena, options),
		.reader = (enum image_reader)options->reader,
	};
	struct guestfs guestfs = { .options = options, .start_helper = start_helper };
	const struct image_services services = {
		.open_sibling = open_sibling,
		.open_container = open_container,
		.list_volumes = guestfs_list_volumes,
		.open_filesystem = guestfs_open_filesystem,
		.context = &guestfs,
		.allow_backing = options->allow_backing,
	};
	struct lint_result result;
	struct image *image = NULL;
	struct error err;
	const char *help = NULL;
	int r = 0;

	lint_result_init(&result, name);
	if (!options->no_sandbox) {
		r = seal(fd, socket, keeper, &err);
		if (r < 0)
			help = "--no-sandbox reads it without a sandbox: an image that you trust";
	}
	if (r == 0)
		image = image_open(arena, name, view_file(arena, fd, size), &image_options, &services, &err, &help);
	if (image) {
		lint_image(image, options, &result);
		if (options->boots)
			say_what_boots(image, &result);
	} else {
		result.status = STATUS_UNREADABLE;
		result.error = err.message;
		result.help = help;
	}
	lint_result_withdraw(&result, arena);
	result.bytes_read = view_statistics.bytes;
	result.reads = view_statistics.reads;
	r = record_send_result(socket, &result, &err);
	image_close(image);
	guestfs_finish(&guestfs);
	return r;
}

/* The same of a record, which is read whole. */
static int run_record(struct arena *arena, const char *name, int fd, uint64_t size, int socket, const struct keeper *keeper,
		      const struct lint_options *options)
{
	struct lint_result result;
	struct error err;
	char *text;
	int r = 0;

	lint_result_init(&result, name);
	if (!options->no_sandbox)
		r = seal(fd, socket, keeper, &err);
	if (r < 0) {
		result.help = "--no-sandbox reads it without a sandbox: a record that you trust";
	} else {
		text = arena_alloc(arena, size + 1);
		r = view_read(view_file(arena, fd, size), 0, text, size, &err);
	}
	if (r == 0) {
		lint_record(arena, text, size, options, &result);
	} else {
		result.status = STATUS_UNREADABLE;
		result.error = err.message;
	}
	return record_send_result(socket, &result, &err);
}

int worker_run(enum worker_subject subject, const char *name, int fd, uint64_t size, int socket, const struct keeper *keeper,
	       const struct lint_options *options)
{
	struct arena *arena = arena_new(limits_arena_bytes());
	int r;

	parent_socket = socket;
	image_name = name;
	reads = subject;
	aside = malloc(LIMIT_STREAM_BUFFER);
	arena_set_exhausted(out_of_memory);
	memory_must_suffice();
	r = subject == WORKER_RECORD ? run_record(arena, name, fd, size, socket, keeper, options)
				     : run_image(arena, name, fd, size, socket, keeper, options);
	arena_free(arena);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
