/* SPDX-License-Identifier: MIT */
/* transfer: libcurl moves the bytes; what an answer means is decided here. */
#include "download/transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "download/library.h"

/* Attempts in a row that bring nothing, and all together. */
#define FRUITLESS 4
#define ATTEMPTS 100
#define CONNECT_SECONDS 30L
/* A connection that brings less than so many bytes a second for so long is cut. */
#define SLOW_BYTES 100L
#define SLOW_SECONDS 60L
#define REDIRECTS 10L
/* CURLOPT_PROTOCOLS_STR and CURLOPT_REDIR_PROTOCOLS_STR came with 7.85; what was there before, CURLOPT_PROTOCOLS and
 * CURLOPT_REDIR_PROTOCOLS, newer headers deprecate.  By number, so that headers of both kinds and libraries of both will do. */
#define PROTOCOLS_BY_NAME ((CURLoption)10318)
#define REDIRECTS_BY_NAME ((CURLoption)10319)
#define PROTOCOLS_BY_BIT ((CURLoption)181)
#define REDIRECTS_BY_BIT ((CURLoption)182)

/* One request and its answer. */
struct attempt {
	struct transfer *t;
	CURL *handle;
	uint64_t from;	/* where it began */
	bool decided;	/* the answer's head was judged */
	bool restart;	/* what has come is of no use: from the beginning */
	bool complete;	/* the server says that there is no more */
	uint64_t range_from, range_total; /* of Content-Range; UINT64_MAX: not said */
	uint64_t length;		  /* of Content-Length, the same */
	char etag[TRANSFER_VALIDATOR], changed[TRANSFER_VALIDATOR];
	int rc;
	struct error *err;
};

static bool take_number(const char **at, uint64_t *ret)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*ret = strtoull(*at, &end, 10);
	*at = end;
	return errno == 0;
}

/* "bytes 100-199/200", "bytes 100-199/" and a star, "bytes " a star "/200". */
static void take_range(struct attempt *a, const char *value)
{
	uint64_t last;

	if (strncasecmp(value, "bytes ", 6))
		return;
	value += 6;
	if (*value == '*')
		value++;
	else if (!take_number(&value, &a->range_from) || *value++ != '-' || !take_number(&value, &last))
		a->range_from = UINT64_MAX;
	if (*value++ != '/' || !take_number(&value, &a->range_total))
		a->range_total = UINT64_MAX;
}

static void copy_value(char to[TRANSFER_VALIDATOR], const char *value)
{
	/* half of one would be another */
	if (strlen(value) < TRANSFER_VALIDATOR)
		strcpy(to, value);
}

static size_t got_header(char *data, size_t one, size_t count, void *context)
{
	struct attempt *a = context;
	size_t size = one * count, length = size;
	char line[1024];
	char *value;

	while (length && (data[length - 1] == '\r' || data[length - 1] == '\n'))
		length--;
	if (length >= sizeof(line))
		return size;
	memcpy(line, data, length);
	line[length] = '\0';
	if (!strncmp(line, "HTTP/", 5)) {
		/* of a redirection's answer nothing counts */
		a->range_from = a->range_total = a->length = UINT64_MAX;
		a->etag[0] = a->changed[0] = '\0';
		return size;
	}
	value = strchr(line, ':');
	if (!value)
		return size;
	*value++ = '\0';
	value += strspn(value, " \t");
	if (!strcasecmp(line, "Content-Range"))
		take_range(a, value);
	else if (!strcasecmp(line, "Content-Length"))
		take_number((const char **)&value, &a->length);
	else if (!strcasecmp(line, "ETag") && value[0] == '"') /* W/"..." is of no use for parts of a file */
		copy_value(a->etag, value);
	else if (!strcasecmp(line, "Last-Modified"))
		copy_value(a->changed, value);
	return size;
}

static int refused(struct attempt *a, long code)
{
	const char *address = a->t->shown;

	if (code == 404 || code == 410)
		return error_set(a->err, ENOENT, "%s: the server has no such file (%ld)", address, code);
	if (code == 401 || code == 403)
		return error_set(a->err, EACCES, "%s: the server does not give it out (%ld)", address, code);
	if (code == 429 || code >= 500)
		return error_set(a->err, EAGAIN, "%s: the server cannot answer now (%ld)", address, code);
	return error_set(a->err, EPROTO, "%s: the server answers with %ld", address, code);
}

/* Is there room for what is to come? */
static int room(struct attempt *a)
{
	struct transfer *t = a->t;
	struct statvfs fs;
	/* the total is not always known */
	uint64_t have, need = t->total > t->size ? t->total - t->size : 0;

	if (t->total > t->maximum)
		return error_set(a->err, EFBIG, "%s: it has %" PRIu64 " bytes, and %" PRIu64 " are the limit", t->shown,
				 t->total, t->maximum);
	if (fstatvfs(t->fd, &fs) < 0)
		return 0;
	have = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (need > have)
		return error_set(a->err, ENOSPC, "%s: %" PRIu64 " MiB are to come, and there is room for %" PRIu64, t->shown,
				 need >> 20, have >> 20);
	return 0;
}

/* The answer brings the file from its beginning. */
static int from_start(struct attempt *a)
{
	struct transfer *t = a->t;

	if (ftruncate(t->fd, 0) < 0)
		return error_set(a->err, errno, "cannot begin anew: %s", strerror(errno));
	t->size = 0;
	t->total = a->length == UINT64_MAX ? 0 : a->length;
	copy_value(t->validator, a->etag[0] ? a->etag : a->changed);
	return 0;
}

/* The answer brings the rest. */
static int from_middle(struct attempt *a)
{
	struct transfer *t = a->t;

	if (a->range_from != t->size || (t->total && a->range_total != UINT64_MAX && a->range_total != t->total)) {
		a->restart = true;
		return error_set(a->err, EAGAIN, "%s: the server sends another part than it was asked for", t->shown);
	}
	if (a->range_total != UINT64_MAX)
		t->total = a->range_total;
	return 0;
}

/* The head of the answer has come: what do we make of it? */
static int decide(struct attempt *a)
{
	long code = 0;
	int rc;

	a->decided = true;
	curl.easy_getinfo(a->handle, CURLINFO_RESPONSE_CODE, &code);
	if (code == 200) {
		rc = from_start(a);
	} else if (code == 206 && a->from) {
		rc = from_middle(a);
	} else if (code == 416 && a->from) {
		/* we have it all, or what we have is of another file */
		a->complete = a->range_total == a->from;
		a->restart = !a->complete;
		return a->complete ? 0 : error_set(a->err, EAGAIN, "%s: the file has become shorter", a->t->shown);
	} else {
		return refused(a, code);
	}
	rc = rc < 0 ? rc : room(a);
	if (rc == 0 && a->t->begun)
		a->t->begun(a->t->context, a->t);
	return rc;
}

static size_t got_body(char *data, size_t one, size_t count, void *context)
{
	struct attempt *a = context;
	struct transfer *t = a->t;
	size_t size = one * count;

	if (!a->decided)
		a->rc = decide(a);
	if (a->rc == 0 && a->complete)
		return size; /* what the server says beside */
	if (a->rc == 0 && size > t->maximum - t->size)
		a->rc = error_set(a->err, EFBIG, "%s: it has more than %" PRIu64 " bytes, which are the limit", t->shown,
				  t->maximum);
	for (size_t done = 0; a->rc == 0 && done < size;) {
		ssize_t n = pwrite(t->fd, data + done, size - done, (off_t)t->size);

		if (n < 0 && errno != EINTR)
			a->rc = error_set(a->err, errno, "cannot keep what comes: %s", strerror(errno));
		if (n > 0) {
			done += (size_t)n;
			t->size += (uint64_t)n;
		}
	}
	return a->rc == 0 ? size : 0;
}

static int got_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
	struct attempt *a = context;

	(void)total, (void)now, (void)up_total, (void)up_now;
	if (a->t->progress && a->decided)
		a->t->progress(a->t->context, a->t->size, a->t->total);
	return 0;
}

static CURLcode ask_range(struct attempt *a, struct curl_slist **ret)
{
	char text[TRANSFER_VALIDATOR + 32];
	struct curl_slist *headers, *more;

	snprintf(text, sizeof(text), "Range: bytes=%" PRIu64 "-", a->from);
	headers = curl.slist_append(NULL, text);
	if (a->t->validator[0]) {
		snprintf(text, sizeof(text), "If-Range: %s", a->t->validator);
		more = headers ? curl.slist_append(headers, text) : NULL;
		if (!more)
			curl.slist_free_all(headers);
		headers = more;
	}
	*ret = headers;
	return headers ? curl.easy_setopt(a->handle, CURLOPT_HTTPHEADER, headers) : CURLE_OUT_OF_MEMORY;
}

/* One of two lists of protocols, by their names or, for a library that does not know that, by their bits. */
static CURLcode set_protocols(struct attempt *a, CURLoption by_name, CURLoption by_bit)
{
	/* nobody leads us from what is protected to what is not */
	bool protected = !strncasecmp(a->t->address, "https:", 6);
	CURLcode code = curl.easy_setopt(a->handle, by_name, protected ? "https" : "http,https");

	if (code != CURLE_UNKNOWN_OPTION)
		return code;
	return curl.easy_setopt(a->handle, by_bit, (long)(protected ? CURLPROTO_HTTPS : CURLPROTO_HTTP | CURLPROTO_HTTPS));
}

/* What libcurl does not take is not fetched without. */
static CURLcode set_up(struct attempt *a, char message[CURL_ERROR_SIZE])
{
	CURLcode code = set_protocols(a, PROTOCOLS_BY_NAME, PROTOCOLS_BY_BIT);

	code = code ? code : set_protocols(a, REDIRECTS_BY_NAME, REDIRECTS_BY_BIT);
#define SET(option, value) code = code ? code : curl.easy_setopt(a->handle, option, value)
	SET(CURLOPT_URL, a->t->address);
	SET(CURLOPT_FOLLOWLOCATION, 1L);
	SET(CURLOPT_MAXREDIRS, REDIRECTS);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_USERAGENT, "vmlint/" VMLINT_VERSION);
	SET(CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	SET(CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
	SET(CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS);
	SET(CURLOPT_ERRORBUFFER, message);
	SET(CURLOPT_HEADERFUNCTION, got_header);
	SET(CURLOPT_HEADERDATA, a);
	SET(CURLOPT_WRITEFUNCTION, got_body);
	SET(CURLOPT_WRITEDATA, a);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, got_progress);
	SET(CURLOPT_XFERINFODATA, a);
#undef SET
	return code;
}

/* What libcurl says, as an errno value: EAGAIN if it may go better next time. */
static int code_of(CURLcode code)
{
	switch (code) {
	case CURLE_URL_MALFORMAT:
		return EINVAL;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_TOO_MANY_REDIRECTS:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_OUT_OF_MEMORY:
		return EPROTO;
	default:
		return EAGAIN;
	}
}

/* 0 when all is there; -EAGAIN when it is worth another attempt. */
static int attempt(struct transfer *t, bool *ret_restart, struct error *err)
{
	struct attempt a = { .t = t, .from = t->size, .handle = curl.easy_init(), .err = err,
			     .range_from = UINT64_MAX, .range_total = UINT64_MAX, .length = UINT64_MAX };
	char message[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers = NULL;
	CURLcode code;

	if (!a.handle)
		return error_set(err, ENOMEM, "out of memory");
	code = set_up(&a, message);
	if (code == CURLE_OK && a.from)
		code = ask_range(&a, &headers);
	if (code != CURLE_OK) {
		curl.easy_cleanup(a.handle);
		curl.slist_free_all(headers);
		return error_set(err, EPROTO, "%s: libcurl cannot be told how to fetch it: %s", t->shown,
				 curl.easy_strerror(code));
	}
	code = curl.easy_perform(a.handle);
	/* an answer without a body */
	if (code == CURLE_OK && !a.decided)
		a.rc = decide(&a);
	curl.easy_cleanup(a.handle);
	curl.slist_free_all(headers);
	*ret_restart = a.restart;
	if (a.rc < 0 || a.complete)
		return a.rc;
	if (code != CURLE_OK)
		return error_set(err, code_of(code), "%s: %s", t->shown, message[0] ? message : curl.easy_strerror(code));
	if (t->total && t->size != t->total)
		return error_set(err, EAGAIN, "%s: it was cut off after %" PRIu64 " of %" PRIu64 " bytes", t->shown, t->size,
				 t->total);
	return 0;
}

static void wait_a_little(unsigned fruitless)
{
	struct timespec t = { .tv_sec = 0, .tv_nsec = 250000000L };

	for (unsigned i = 0; i < 1u << (fruitless < 4 ? fruitless : 4); i++)
		nanosleep(&t, NULL);
}

int transfer_run(struct transfer *t, struct error *err)
{
	unsigned fruitless = 0;
	int rc = 0;

	if (!curl_library_load())
		return error_set(err, ENOTSUP,
				 "libcurl, which downloads, is not installed; apt-get install libcurl4 (on Debian)");
	for (unsigned i = 0; i < ATTEMPTS; i++) {
		uint64_t before;
		bool restart = false;

		/* what nobody vouches for is not joined */
		if (!t->validator[0] && !t->verified)
			t->size = 0;
		before = t->size;
		rc = attempt(t, &restart, err);
		if (rc != -EAGAIN)
			return rc;
		if (restart)
			t->size = t->total = 0;
		fruitless = !restart && t->size > before ? 0 : fruitless + 1;
		if (fruitless == FRUITLESS)
			break;
		if (fruitless)
			wait_a_little(fruitless);
	}
	return rc;
}
