/* SPDX-License-Identifier: MIT */
/* grub_lex: GRUB script's tokens; for the parser alone. */
#ifndef BOOT_GRUB_LEX_H
#define BOOT_GRUB_LEX_H

#include "boot/grub_script.h"

enum grub_token_kind {
	TOKEN_END,
	TOKEN_NEWLINE,
	TOKEN_SEMICOLON,
	TOKEN_OPEN,  /* { */
	TOKEN_CLOSE, /* } */
	TOKEN_WORD,
	TOKEN_BAD, /* what the grammar has no use for (| & < > ;; [[ ]]), or what is no token at all */
};

/* The reserved words, where a word is nothing but one of them. */
enum grub_reserved {
	NOT_RESERVED,
	RESERVED_DO,
	RESERVED_DONE,
	RESERVED_ELIF,
	RESERVED_ELSE,
	RESERVED_FI,
	RESERVED_FOR,
	RESERVED_FUNCTION,
	RESERVED_IF,
	RESERVED_IN,
	RESERVED_THEN,
	RESERVED_UNTIL,
	RESERVED_WHILE,
	RESERVED_OTHER, /* case, esac, select: reserved, but of no use */
};

struct grub_token {
	enum grub_token_kind kind;
	struct boot_place place;
	struct grub_word word;       /* TOKEN_WORD */
	enum grub_reserved reserved; /* TOKEN_WORD */
	const char *name;            /* TOKEN_WORD: the text, if the word is a plain name; else NULL */
	const char *message;         /* TOKEN_BAD */
};

struct grub_lexer {
	struct arena *arena;
	const struct boot_text *text; /* the places of the bytes, or NULL: `source` has them */
	const struct boot_source *source;
	const char *data;
	size_t size, position;
	unsigned int line;
	size_t line_start;
	size_t words; /* seen so far */
};

struct grub_token grub_lex(struct grub_lexer *lexer);

/* Steps over the rest of the line. */
void grub_lex_skip_line(struct grub_lexer *lexer);

#endif
