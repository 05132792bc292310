/* SPDX-License-Identifier: MIT */
/* grub_script: the syntax of GRUB script, as a tree whose every word has its place.
 *
 * Source: GRUB 2.06 grub-core/script/yylex.l and parser.y.  GRUB parses and runs one statement after the other, so a
 * statement that is wrong costs that statement and the rest of its line alone; the parser goes on in the same way and
 * keeps what was wrong.  It evaluates nothing: grub.h does.
 */
#ifndef BOOT_GRUB_SCRIPT_H
#define BOOT_GRUB_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "boot/text.h"

#define LIMIT_GRUB_WORDS 100000 /* of one text */
#define LIMIT_GRUB_NESTING 64   /* blocks, ifs and loops inside each other */
#define LIMIT_GRUB_PROBLEMS 32

enum grub_piece_kind {
	GRUB_PIECE_TEXT,            /* outside quotes: wildcards count */
	GRUB_PIECE_QUOTED,          /* from quotes or behind a backslash */
	GRUB_PIECE_VARIABLE,        /* outside quotes: its value is divided into words */
	GRUB_PIECE_QUOTED_VARIABLE, /* its value stays one word */
};

struct grub_piece {
	enum grub_piece_kind kind;
	const char *text; /* or the variable's name */
	size_t length;
	struct boot_place place;
};

struct grub_word {
	struct grub_piece *pieces;
	size_t piece_count;
	struct boot_place place;
};

enum grub_node_kind {
	GRUB_COMMAND,
	GRUB_IF,
	GRUB_FOR,
	GRUB_WHILE,
	GRUB_FUNCTION,
	GRUB_CUT, /* a limit of ours: what is here and behind it was not parsed; `name` says why */
};

struct grub_node {
	enum grub_node_kind kind;
	struct boot_place place;
	struct grub_node *next;
	struct grub_word *words; /* GRUB_COMMAND: its words; GRUB_FOR: what it goes through */
	size_t word_count;
	const char *name;            /* GRUB_FOR: the variable; GRUB_FUNCTION: its name */
	bool until;                  /* GRUB_WHILE: it is `until` */
	bool has_block;              /* GRUB_COMMAND: a { } follows the words */
	struct grub_node *condition; /* GRUB_IF, GRUB_WHILE */
	struct grub_node *body;      /* of block, loop and function; `then` of GRUB_IF */
	struct grub_node *otherwise; /* GRUB_IF: elif is an if inside */
};

struct grub_problem {
	struct boot_place place;
	const char *message;
};

struct grub_script {
	struct grub_node *nodes;
	struct grub_problem *problems; /* statements that GRUB refuses */
	size_t problem_count;
	bool truncated; /* over a limit: the rest was not parsed, and the last node is GRUB_CUT */
};

/* Parses a whole file.  Never fails; lives in the arena. */
const struct grub_script *grub_parse(struct arena *arena, const struct boot_source *source, const char *data,
				     size_t size);

/* Parses text that stands at `place` in a file, as `eval` and menuentry --source do. */
const struct grub_script *grub_parse_text(struct arena *arena, const struct boot_text *text);

/* Divides a text into words by the same rules, up to its end, for values that GRUB puts into a script. */
struct grub_word *grub_parse_words(struct arena *arena, const struct boot_text *text, size_t *ret_count);

/* A word of one literal text. */
struct grub_word grub_literal_word(struct arena *arena, const char *text, struct boot_place place);

#endif
