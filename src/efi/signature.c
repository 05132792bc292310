/* SPDX-License-Identifier: MIT */
/* signature: walks WIN_CERTIFICATE records and looks into Authenticode's DER only as far as the signer's name. */
#include "efi/signature.h"

#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"

#define MOST_SIGNATURES 16
#define RECORD_HEADER 8

/* One DER element: its tag and a cursor over its contents. */
struct element {
	uint8_t tag;
	const uint8_t *start; /* of the tag */
	size_t whole;         /* with tag and length */
	struct cursor contents;
};

#define TAG_INTEGER 0x02
#define TAG_OID 0x06
#define TAG_SEQUENCE 0x30
#define TAG_SET 0x31
#define TAG_CONTEXT_0 0xa0

/* The next element at the cursor (ITU-T X.690, 8.1; DER knows no indefinite length). */
static bool next(struct cursor *c, struct element *ret)
{
	size_t start = c->position, length;
	const uint8_t *contents;

	ret->tag = cursor_u8(c);
	length = cursor_u8(c);
	if (length & 0x80) {
		unsigned int bytes = length & 0x7f;

		if (!bytes || bytes > 4)
			return false;
		length = 0;
		while (bytes--)
			length = length << 8 | cursor_u8(c);
	}
	if (!cursor_ok(c))
		return false;
	contents = cursor_bytes(c, length);
	if (!contents)
		return false;
	ret->start = c->data + start;
	ret->whole = c->position - start;
	ret->contents = cursor_make(contents, length);
	return true;
}

static bool next_tagged(struct cursor *c, uint8_t tag, struct element *ret)
{
	return next(c, ret) && ret->tag == tag;
}

static bool same(const struct element *a, const struct element *b)
{
	return a->whole == b->whole && !memcmp(a->start, b->start, a->whole);
}

/* The common name (2.5.4.3) in an X.501 Name. */
static const char *common_name(struct arena *arena, struct element name)
{
	static const uint8_t cn[] = { 0x55, 0x04, 0x03 };
	struct element rdn, pair, type, value;

	while (next_tagged(&name.contents, TAG_SET, &rdn)) {
		while (next_tagged(&rdn.contents, TAG_SEQUENCE, &pair)) {
			if (!next_tagged(&pair.contents, TAG_OID, &type) || type.contents.size != sizeof(cn) ||
			    memcmp(type.contents.data, cn, sizeof(cn)) || !next(&pair.contents, &value))
				continue;
			/* UTF8String, PrintableString, TeletexString, IA5String: one byte a character or UTF-8 */
			if (value.tag != 0x0c && value.tag != 0x13 && value.tag != 0x14 && value.tag != 0x16)
				return NULL;
			return arena_strndup(arena, (const char *)value.contents.data, value.contents.size);
		}
	}
	return NULL;
}

/* The signer of PKCS#7 SignedData (RFC 2315, 9.1): the subject of the certificate that the first SignerInfo names by
 * issuer and serial number. */
static const char *signer_of(struct arena *arena, const uint8_t *der, size_t size)
{
	struct cursor c = cursor_make(der, size);
	struct element e, certificates = { 0 }, info, signer, issuer, serial;

	if (!next_tagged(&c, TAG_SEQUENCE, &e))
		return NULL;
	c = e.contents;
	/* ContentInfo around it, or, as old tools have it, SignedData at once */
	if (!next(&c, &e))
		return NULL;
	if (e.tag == TAG_OID) {
		if (!next_tagged(&c, TAG_CONTEXT_0, &e) || !next_tagged(&e.contents, TAG_SEQUENCE, &info))
			return NULL;
		c = info.contents;
		if (!next(&c, &e))
			return NULL;
	}
	if (e.tag != TAG_INTEGER || !next_tagged(&c, TAG_SET, &e) || !next_tagged(&c, TAG_SEQUENCE, &e))
		return NULL;
	do {
		if (!next(&c, &e))
			return NULL;
		if (e.tag == TAG_CONTEXT_0)
			certificates = e;
	} while (e.tag != TAG_SET);
	if (!next_tagged(&e.contents, TAG_SEQUENCE, &info) || !next_tagged(&info.contents, TAG_INTEGER, &e) ||
	    !next_tagged(&info.contents, TAG_SEQUENCE, &signer) ||
	    !next_tagged(&signer.contents, TAG_SEQUENCE, &issuer) ||
	    !next_tagged(&signer.contents, TAG_INTEGER, &serial))
		return NULL;
	while (next(&certificates.contents, &e)) {
		struct element body, number, from, validity, subject;

		if (e.tag != TAG_SEQUENCE || !next_tagged(&e.contents, TAG_SEQUENCE, &body) ||
		    !next(&body.contents, &number))
			continue;
		if (number.tag == TAG_CONTEXT_0 && !next(&body.contents, &number)) /* the version */
			continue;
		if (!next(&body.contents, &from) /* the algorithm */ || !next(&body.contents, &from) ||
		    !next(&body.contents, &validity) || !next(&body.contents, &subject))
			continue;
		if (same(&number, &serial) && same(&from, &issuer))
			return common_name(arena, subject);
	}
	return NULL;
}

int signatures_read(struct arena *arena, struct view *file, const struct pe *pe, const struct signatures **ret,
		    struct error *err)
{
	struct signatures *result = ARENA_NEW(arena, struct signatures);
	const struct pe_directory *d = &pe->certificates;
	struct signature *list;
	uint64_t offset = d->address, end = (uint64_t)d->address + d->size;

	*ret = result;
	if (!d->size || end > file->size)
		return 0;
	list = ARENA_ARRAY(arena, MOST_SIGNATURES, struct signature);
	result->list = list;
	while (end - offset >= RECORD_HEADER && result->count < MOST_SIGNATURES) {
		struct signature *s = &list[result->count];
		uint8_t header[RECORD_HEADER];
		struct cursor c = cursor_make(header, sizeof(header));
		int r = view_read(file, offset, header, sizeof(header), err);

		if (r < 0)
			return r;
		s->offset = offset;
		s->length = cursor_le32(&c);
		s->revision = cursor_le16(&c);
		s->type = cursor_le16(&c);
		if (s->length < RECORD_HEADER || s->length > end - offset) {
			/* zeros up to the next multiple of eight are padding */
			if (s->length || end - offset >= 8 + RECORD_HEADER)
				result->bad_offset = offset;
			break;
		}
		if (s->type == SIGNATURE_PKCS7 && s->length <= LIMIT_SIGNATURE_BYTES) {
			struct arena_mark mark = arena_mark(arena);
			size_t size = s->length - RECORD_HEADER;
			uint8_t *der = arena_alloc(arena, size);
			char name[128];
			const char *signer;

			r = view_read(file, offset + RECORD_HEADER, der, size, err);
			if (r < 0)
				return r;
			signer = signer_of(arena, der, size);
			if (signer) {
				strncpy(name, signer, sizeof(name) - 1);
				name[sizeof(name) - 1] = '\0';
			}
			arena_release(arena, mark);
			if (signer)
				s->signer = arena_strdup(arena, name);
		}
		result->count++;
		offset += ((uint64_t)s->length + 7) / 8 * 8;
		if (offset >= end)
			break;
	}
	return 0;
}
