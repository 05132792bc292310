/* SPDX-License-Identifier: MIT */
/* grub_envblk: reading and changing GRUB's environment block. */
#include "boot/grub_envblk.h"

#include <stdint.h>
#include <string.h>

static const char signature[] = "# GRUB Environment Block\n";
#define SIGNATURE_SIZE (sizeof(signature) - 1)

static bool is_valid(const char *data, size_t size)
{
	return size >= SIGNATURE_SIZE && !memcmp(data, signature, SIGNATURE_SIZE);
}

/* The end of the line at `position`: its newline, one behind a backslash not counting, or the block's end. */
static size_t line_end(const char *data, size_t size, size_t position)
{
	for (; position < size && data[position] != '\n'; position++)
		if (data[position] == '\\' && position + 1 < size)
			position++;
	return position;
}

struct grub_envblk grub_envblk_parse(struct arena *arena, const struct boot_source *source, const char *data,
				     size_t size)
{
	struct grub_envblk block = { .valid = is_valid(data, size) };
	struct grub_envblk_variable *variables;
	unsigned int line = 2;
	size_t capacity = 1;

	if (!block.valid)
		return block;
	for (size_t i = 0; i < size && capacity < LIMIT_GRUB_ENVBLK_VARIABLES; i++)
		capacity += data[i] == '=';
	variables = ARENA_ARRAY(arena, capacity, struct grub_envblk_variable);
	for (size_t start = SIGNATURE_SIZE, end; start < size && block.count < capacity; start = end + 1) {
		const char *equals;
		size_t value;

		end = line_end(data, size, start);
		equals = memchr(data + start, '=', end - start);
		if (data[start] != '#' && equals && equals > data + start) {
			struct grub_envblk_variable *variable = &variables[block.count++];
			struct boot_text_builder b = boot_text_build(arena, size);

			variable->name = arena_strndup(arena, data + start, (size_t)(equals - data) - start);
			variable->place = (struct boot_place){ source, line, 1 };
			value = (size_t)(equals - data) + 1;
			boot_text_add(&b, "", 0,
				      (struct boot_place){ source, line, (unsigned int)(value - start) + 1 }, true);
			for (size_t i = value; i < end && data[i]; i++) {
				if (data[i] == '\\' && i + 1 < end)
					i++;
				boot_text_add(&b, data + i, 1,
					      (struct boot_place){ source, line, (unsigned int)(i - start) + 1 }, true);
			}
			variable->value = boot_text_finish(&b);
		}
		for (size_t i = start; i < end; i++)
			line += data[i] == '\n';
		line++;
	}
	block.variables = variables;
	return block;
}

/* Appends NAME=VALUE and a newline at *out; false when it does not fit. */
static bool append(struct arena *arena, char *copy, size_t size, size_t *out, const char *name, const char *value)
{
	struct boot_text_builder b = boot_text_build(arena, size);
	size_t length = strlen(name);

	for (const char *p = value; *p; p++) {
		if (*p == '\\' || *p == '\n')
			boot_text_add(&b, "\\", 1, (struct boot_place){ 0 }, false);
		boot_text_add(&b, p, 1, (struct boot_place){ 0 }, false);
	}
	if (b.overflowed || length + 2 + b.length > size - *out)
		return false;
	memcpy(copy + *out, name, length);
	copy[*out + length] = '=';
	if (b.length)
		memcpy(copy + *out + length + 1, b.text, b.length);
	*out += length + 1 + b.length;
	copy[(*out)++] = '\n';
	return true;
}

char *grub_envblk_set(struct arena *arena, const char *data, size_t size, const char *name, const char *value)
{
	size_t length = strlen(name), out = SIGNATURE_SIZE, space = size;
	bool placed = value == NULL;
	char *copy;

	if (!is_valid(data, size))
		return NULL;
	/* what is free is the run of '#' at the end; other lines that begin with '#' are remarks */
	while (data[space - 1] == '#')
		space--;
	if (data[space - 1] != '\n')
		return NULL;
	copy = arena_alloc(arena, size + 1);
	memset(copy, '#', size);
	memcpy(copy, data, SIGNATURE_SIZE);
	for (size_t start = SIGNATURE_SIZE, end; start < space; start = end + 1) {
		bool same;

		end = line_end(data, space, start);
		same = end - start > length && !memcmp(data + start, name, length) && data[start + length] == '=';
		if (same && !placed) {
			if (!append(arena, copy, size, &out, name, value))
				return NULL;
			placed = true;
		} else if (!same) {
			if (end - start + 1 > size - out)
				return NULL;
			memcpy(copy + out, data + start, end - start);
			out += end - start;
			copy[out++] = '\n';
		}
	}
	if (!placed && !append(arena, copy, size, &out, name, value))
		return NULL;
	return copy;
}
