/* SPDX-License-Identifier: MIT */
/* write: writes facts in the form that record.h reads, line by line to whoever wants them. */
#ifndef GUEST_WRITE_H
#define GUEST_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct facts {
	/* Takes one line, without its end. */
	void (*line)(void *context, const char *text, size_t size);
	void *context;
	struct buffer buffer; /* the line that is being written */
};

struct facts facts_make(void (*line)(void *context, const char *text, size_t size), void *context);
void facts_free(struct facts *facts);

/* Begins a fact; keys follow, then fact_end. */
void fact_begin(struct facts *facts, const char *kind);
void fact_string(struct facts *facts, const char *key, const char *value);
void fact_decimal(struct facts *facts, const char *key, int64_t value);
void fact_hex(struct facts *facts, const char *key, uint64_t value);
/* The name of an errno value, or "ok" for 0; negative ones are made positive. */
void fact_errno(struct facts *facts, const char *key, int code);
void fact_end(struct facts *facts);

/* Data of the fact that was just ended. */
void fact_data(struct facts *facts, const void *data, size_t size);
void fact_lines(struct facts *facts, const char *text, size_t size);

/* Is it text, which fact_lines shows better than fact_data? */
bool fact_is_text(const void *data, size_t size);

#endif
