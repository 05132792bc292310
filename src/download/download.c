/* SPDX-License-Identifier: MIT */
/* download: what was fetched is written under another name, verified, and only then given its own. */
#include "download/download.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nettle/sha2.h>

#include "download/cache.h"
#include "download/transfer.h"

#define LIST_MAXIMUM (1 << 20)

struct work {
	struct arena *arena;
	const struct address *address;
	const struct download_watch *watch;
	const char *final, *part, *state; /* paths */
	uint64_t size;			  /* of what is being verified */
};

static void tell(const struct work *w, const char *what, uint64_t done, uint64_t total)
{
	if (w->watch && w->watch->progress)
		w->watch->progress(w->watch->context, what, done, total);
}

static void show_waiting(void *context)
{
	tell(context, "waiting for another vmlint that downloads", 0, 0);
}

static void show_transfer(void *context, uint64_t done, uint64_t total)
{
	tell(context, "downloading", done, total);
}

static void show_digest(void *context, uint64_t done)
{
	const struct work *w = context;

	tell(w, "verifying", done, w->size);
}

static void begun(void *context, const struct transfer *t)
{
	const struct work *w = context;

	cache_write_text(w->state, t->validator);
}

/* Compares an open file with the digest that is wanted.  -EBADMSG for another. */
static int verify(struct work *w, int fd, struct download *ret, struct error *err)
{
	const struct digest *wanted = &w->address->digest;
	char is[DIGEST_TEXT], should[DIGEST_TEXT];
	struct stat st;
	int rc;

	w->size = fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
	rc = digest_file(fd, wanted->kind ? wanted->kind : DIGEST_SHA256, show_digest, w, &ret->digest, err);
	if (rc < 0 || !wanted->kind)
		return rc < 0 ? error_prefix(err, rc, "%s", w->address->shown) : 0;
	ret->verified = digest_equal(&ret->digest, wanted);
	if (ret->verified)
		return 0;
	digest_text(&ret->digest, is);
	digest_text(wanted, should);
	/* both to their 16th digit: the whole of them does not fit */
	return error_set(err, EBADMSG, "%s: it is not what it should be: its %s is %.16s..., not %.16s...; it is not used",
			 w->address->shown, digest_name(wanted->kind), is, should);
}

static int verify_path(struct work *w, const char *path, struct download *ret, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;
	struct stat st;

	if (fd < 0)
		return error_set(err, errno, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		rc = error_set(err, EINVAL, "%s: it is no file", path);
	else
		rc = verify(w, fd, ret, err);
	close(fd);
	ret->path = path;
	return rc;
}

/* Fetches into the part file, which is ours. */
static int fetch(struct work *w, int fd, struct download *ret, struct error *err)
{
	struct transfer t = { .address = w->address->text, .shown = w->address->shown, .fd = fd, .maximum = DOWNLOAD_MAXIMUM,
			      .verified = w->address->digest.kind != 0, .begun = begun, .progress = show_transfer, .context = w };
	bool resumed;
	struct stat st;
	int rc;

	cache_read_text(w->state, t.validator, sizeof(t.validator));
	if (fstat(fd, &st) == 0)
		t.size = (uint64_t)st.st_size;
	resumed = t.size > 0;
	rc = transfer_run(&t, err);
	/* nobody gains from half a file where there is no room for the whole */
	if (rc == -ENOSPC || rc == -EFBIG || rc == -ENOENT)
		unlink(w->part);
	if (rc < 0)
		return rc;
	rc = verify(w, fd, ret, err);
	if (rc != -EBADMSG)
		return rc;
	/* the pieces may have been of two files */
	if (resumed && ftruncate(fd, 0) == 0) {
		t.size = t.total = 0;
		t.validator[0] = '\0';
		rc = transfer_run(&t, err);
		if (rc == 0)
			rc = verify(w, fd, ret, err);
	}
	if (rc == -EBADMSG)
		unlink(w->part);
	return rc;
}

static int get(struct work *w, struct download *ret, struct error *err)
{
	for (;;) {
		bool done = false;
		int fd, rc;

		if (access(w->final, F_OK) == 0) {
			rc = verify_path(w, w->final, ret, err);
			if (rc != -EBADMSG)
				return rc;
			/* somebody has changed it since */
			if (unlink(w->final) < 0 && errno != ENOENT)
				return error_set(err, errno, "%s is not what it should be, and cannot be removed: %s", w->final,
						 strerror(errno));
		}
		fd = cache_claim(w->part, w->final, show_waiting, w, &done, err);
		if (done)
			continue;
		if (fd < 0)
			return fd;
		rc = fetch(w, fd, ret, err);
		if (rc == 0 && (fsync(fd) < 0 || rename(w->part, w->final) < 0))
			rc = error_set(err, errno, "cannot keep %s: %s", w->final, strerror(errno));
		if (rc == 0 || access(w->part, F_OK) < 0)
			unlink(w->state);
		close(fd);
		ret->path = w->final;
		return rc;
	}
}

/* A file's name in the cache: by what it holds, or, where that is not known, by where it comes from. */
static const char *name_of(struct arena *arena, const struct address *address)
{
	char digits[DIGEST_TEXT];
	struct digest d = address->digest;

	if (!d.kind) {
		struct sha256_ctx c;

		d.kind = DIGEST_SHA256;
		sha256_init(&c);
		sha256_update(&c, strlen(address->text), (const uint8_t *)address->text);
		sha256_digest(&c, SHA256_DIGEST_SIZE, d.bytes);
	}
	digest_text(&d, digits);
	return arena_printf(arena, "%s-%.32s-%s", address->digest.kind ? digest_name(d.kind) : "address", digits, address->name);
}

int download_get(struct arena *arena, const struct address *address, const struct download_watch *watch, struct download *ret,
		 struct error *err)
{
	struct work w = { .arena = arena, .address = address, .watch = watch };
	const char *folder;

	*ret = (struct download){ 0 };
	if (address->scheme == ADDRESS_FILE)
		return verify_path(&w, address->path, ret, err);
	if (address->scheme == ADDRESS_HTTP && !address->digest.kind)
		return error_set(err, EPERM, "%s: anybody on the way can change it: add its digest, #sha256=... or #sha512=..., "
				 "or use https", address->shown);
	folder = cache_folder(arena, err);
	if (!folder)
		return -err->code;
	w.final = arena_printf(arena, "%s/%s", folder, name_of(arena, address));
	w.part = arena_printf(arena, "%s.part", w.final);
	w.state = arena_printf(arena, "%s.part.version", w.final);
	return get(&w, ret, err);
}

static ssize_t read_list(const char *path, char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), code;
	ssize_t size = 0, got = fd < 0 ? -1 : 1;

	while (fd >= 0 && size < LIST_MAXIMUM && (got = read(fd, text + size, (size_t)(LIST_MAXIMUM - size))) > 0)
		size += got;
	code = errno;
	if (fd >= 0)
		close(fd);
	return got < 0 ? -code : size;
}

static int find(const char *path, const char *name, struct digest *ret, struct error *err)
{
	char *text = malloc(LIST_MAXIMUM);
	ssize_t size = text ? read_list(path, text) : -ENOMEM;
	bool found = size >= 0 && digest_of_list(text, (size_t)size, name, ret);

	free(text);
	if (size < 0)
		return error_set(err, (int)-size, "cannot read its list of digests %s: %s", path, strerror((int)-size));
	return found ? 0 : error_set(err, ENODATA, "%s: it is not in its list of digests", name);
}

/* A file without a name, which goes with us, or, where the file system makes none, one of a name that the next run takes. */
static int open_list(const char *folder, const char *new, struct error *err)
{
	int fd = open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0644);
	bool done;

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT))
		return fd >= 0 ? fd : error_set(err, errno, "cannot write %s: %s", new, strerror(errno));
	fd = cache_claim(new, "", NULL, NULL, &done, err);
	if (fd >= 0 && ftruncate(fd, 0) < 0) {
		close(fd);
		return error_set(err, errno, "cannot write %s: %s", new, strerror(errno));
	}
	return fd;
}

/* Gives the list its name. */
static int keep_list(int fd, const char *new, const char *path, struct error *err)
{
	char self[40];
	struct stat st;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (fstat(fd, &st) == 0 && !st.st_nlink) {
		/* an earlier run that was killed between the two steps */
		unlink(new);
		if (linkat(AT_FDCWD, self, AT_FDCWD, new, AT_SYMLINK_FOLLOW) < 0)
			return error_set(err, errno, "cannot keep %s: %s", path, strerror(errno));
	}
	return rename(new, path) < 0 ? error_set(err, errno, "cannot keep %s: %s", path, strerror(errno)) : 0;
}

int download_listed(struct arena *arena, const struct address *list, const char *name, struct digest *ret, const char **ret_old,
		    struct error *err)
{
	const char *folder = cache_folder(arena, err);
	const char *path, *new;
	struct transfer t = { .address = list->text, .shown = list->shown, .maximum = LIST_MAXIMUM };
	int rc;

	*ret_old = NULL;
	if (!folder)
		return -err->code;
	if (list->scheme == ADDRESS_FILE)
		return find(list->path, name, ret, err);
	path = arena_printf(arena, "%s/%s", folder, name_of(arena, list));
	new = arena_printf(arena, "%s.new", path);
	t.fd = open_list(folder, new, err);
	if (t.fd < 0)
		return t.fd;
	rc = transfer_run(&t, err);
	if (rc == 0)
		rc = keep_list(t.fd, new, path, err);
	if (rc < 0)
		unlink(new);
	close(t.fd);
	if (rc < 0 && access(path, R_OK) < 0)
		return rc;
	if (rc < 0)
		*ret_old = arena_strdup(arena, err->message);
	rc = find(path, name, ret, err);
	/* of a list that is not the newest, the image may well be */
	return rc == -ENODATA && *ret_old ? error_prefix(err, rc, "%s; in its copy of an earlier run", *ret_old) : rc;
}
