/* SPDX-License-Identifier: MIT */
/* reference: see the header. */
#include "download/reference.h"

#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "download/address.h"

static const char *string(struct arena *arena, struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, json_type_string))
		return NULL;
	return arena_strdup(arena, json_object_get_string(value));
}

static int read_one(struct arena *arena, struct json_object *object, struct reference *r, struct error *err)
{
	struct address address;
	int rc;

	if (!json_object_is_type(object, json_type_object))
		return error_set(err, EINVAL, "an image is an object");
	r->name = string(arena, object, "name");
	r->what = string(arena, object, "what");
	r->address = string(arena, object, "address");
	r->digest = string(arena, object, "digest");
	r->digests = string(arena, object, "digests");
	if (!r->name || !*r->name || strpbrk(r->name, "/:#") || !r->address)
		return error_set(err, EINVAL, "an image has a name and an address");
	if (!r->digest == !r->digests)
		return error_set(err, EINVAL, "%s: an image has either a digest or an address of digests", r->name);
	rc = address_parse(arena, r->digest ? arena_printf(arena, "%s#%s", r->address, r->digest) : r->address, &address, err);
	if (rc == 0 && r->digests) {
		rc = address_parse(arena, r->digests, &address, err);
		if (rc == 0 && address.scheme == ADDRESS_HTTP)
			rc = error_set(err, EINVAL, "%s: a list of digests comes by https", r->name);
	}
	return rc;
}

int reference_read(struct arena *arena, const char *text, struct reference **ret, struct error *err)
{
	struct json_object *top = json_tokener_parse(text), *images;
	struct reference **end = ret;
	int rc = 0;

	*ret = NULL;
	if (!json_object_is_type(top, json_type_object) || !json_object_object_get_ex(top, "images", &images) ||
	    !json_object_is_type(images, json_type_array)) {
		json_object_put(top);
		return error_set(err, EINVAL, "the list of images is no JSON object with \"images\"");
	}
	for (size_t i = 0; i < json_object_array_length(images) && rc == 0; i++) {
		struct reference *r = ARENA_NEW(arena, struct reference);

		rc = read_one(arena, json_object_array_get_idx(images, i), r, err);
		if (rc == 0 && reference_find(*ret, r->name))
			rc = error_set(err, EINVAL, "two images are called %s", r->name);
		*end = r;
		end = &r->next;
	}
	json_object_put(top);
	return rc;
}

const struct reference *reference_find(const struct reference *list, const char *name)
{
	while (list && (!list->name || strcmp(list->name, name)))
		list = list->next;
	return list;
}
