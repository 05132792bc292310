/* SPDX-License-Identifier: MIT */
/* grub_lex: dividing GRUB script into tokens (grub-core/script/yylex.l). */
#include "boot/grub_lex.h"

#include <stdint.h>
#include <string.h>

#include "boot/ascii.h"

static int peek(const struct grub_lexer *l, size_t ahead)
{
	return l->position + ahead < l->size ? (unsigned char)l->data[l->position + ahead] : -1;
}

static struct boot_place place_here(const struct grub_lexer *l)
{
	if (l->text)
		return boot_text_place(l->text, l->position);
	return (struct boot_place){ l->source, l->line, (unsigned int)(l->position - l->line_start) + 1 };
}

/* Steps over a line's end.  GRUB's reader of files never sees a line that begins with '#', not even between quotes. */
static void end_line(struct grub_lexer *l)
{
	do {
		const char *newline = memchr(l->data + l->position, '\n', l->size - l->position);

		l->position = newline ? (size_t)(newline - l->data) + 1 : l->size;
		l->line++;
		l->line_start = l->position;
	} while (!l->text && peek(l, 0) == '#');
}

void grub_lex_skip_line(struct grub_lexer *l)
{
	if (l->position < l->size)
		end_line(l);
}

static bool is_name_start(int c)
{
	return is_letter(c) || c == '_';
}

/* A line's end, also of DOS. */
static bool at_newline(const struct grub_lexer *l, size_t ahead)
{
	return peek(l, ahead) == '\n' || (peek(l, ahead) == '\r' && peek(l, ahead + 1) == '\n');
}

/* May the byte stand in a word outside quotes? */
static bool is_word_char(int c)
{
	return c > 0 && !strchr("{}|&$;<> \t\n\r'\"\\", c);
}

struct word_builder {
	struct grub_piece *pieces;
	size_t count, capacity;
};

static void add_piece(struct grub_lexer *l, struct word_builder *w, enum grub_piece_kind kind, const char *text,
		      size_t length, struct boot_place place)
{
	if (w->count == w->capacity) {
		size_t capacity = w->capacity ? w->capacity * 2 : 1;
		struct grub_piece *grown = ARENA_ARRAY(l->arena, capacity, struct grub_piece);

		if (w->count)
			memcpy(grown, w->pieces, w->count * sizeof(*grown));
		w->pieces = grown;
		w->capacity = capacity;
	}
	w->pieces[w->count++] = (struct grub_piece){ kind, text, length, place };
}

/* `length` bytes from here on are a piece, and are stepped over. */
static void take(struct grub_lexer *l, struct word_builder *w, enum grub_piece_kind kind, size_t length)
{
	add_piece(l, w, kind, l->data + l->position, length, place_here(l));
	l->position += length;
}

/* $name, ${name}, $1, $? and their like. */
static const char *lex_variable(struct grub_lexer *l, struct word_builder *w, bool quoted)
{
	struct boot_place place = place_here(l);
	bool brace = peek(l, 1) == '{';
	size_t start = brace ? 2 : 1, end = start;

	if (is_name_start(peek(l, start)))
		while (is_name_start(peek(l, end)) || is_digit(peek(l, end)))
			end++;
	else if (is_digit(peek(l, start)))
		while (is_digit(peek(l, end)))
			end++;
	else if (peek(l, start) > 0 && strchr("?#*@", peek(l, start)))
		end++;
	if (end == start)
		return "no variable follows the '$'";
	if (brace && peek(l, end) != '}')
		return "'}' is missing behind a variable's name";
	add_piece(l, w, quoted ? GRUB_PIECE_QUOTED_VARIABLE : GRUB_PIECE_VARIABLE, l->data + l->position + start,
		  end - start, place);
	l->position += end + brace;
	return NULL;
}

static const char *lex_single_quoted(struct grub_lexer *l, struct word_builder *w)
{
	bool any = false;

	l->position++;
	for (;;) {
		size_t length = 0;

		while (peek(l, length) > 0 && peek(l, length) != '\'' && !at_newline(l, length))
			length++;
		if (length || (!any && peek(l, length) == '\'')) {
			take(l, w, GRUB_PIECE_QUOTED, length);
			any = true;
		}
		if (peek(l, 0) == '\'') {
			l->position++;
			return NULL;
		}
		if (!at_newline(l, 0))
			return peek(l, 0) ? "the closing \"'\" is missing" : "a NUL byte";
		add_piece(l, w, GRUB_PIECE_QUOTED, "\n", 1, place_here(l));
		any = true;
		end_line(l);
	}
}

static const char *lex_double_quoted(struct grub_lexer *l, struct word_builder *w)
{
	const char *message;

	l->position++;
	/* even "" is a word */
	add_piece(l, w, GRUB_PIECE_QUOTED, "", 0, place_here(l));
	for (;;) {
		size_t length = 0;
		int next;

		while (peek(l, length) > 0 && !strchr("\"$\\", peek(l, length)) && !at_newline(l, length))
			length++;
		if (length)
			take(l, w, GRUB_PIECE_QUOTED, length);
		if (peek(l, 0) == '"') {
			l->position++;
			return NULL;
		}
		if (peek(l, 0) == '$') {
			message = lex_variable(l, w, true);
			if (message)
				return message;
		} else if (peek(l, 0) == '\\') {
			next = peek(l, 1);
			if (next <= 0)
				return "the closing '\"' is missing";
			if (at_newline(l, 1)) {
				end_line(l);
			} else if (strchr("$\\\"", next)) {
				l->position++;
				take(l, w, GRUB_PIECE_QUOTED, 1);
			} else {
				take(l, w, GRUB_PIECE_QUOTED, 1);
			}
		} else if (at_newline(l, 0)) {
			add_piece(l, w, GRUB_PIECE_QUOTED, "\n", 1, place_here(l));
			end_line(l);
		} else {
			return peek(l, 0) ? "the closing '\"' is missing" : "a NUL byte";
		}
	}
}

static enum grub_reserved reserved(const char *text, size_t length)
{
	static const struct {
		const char *text;
		enum grub_reserved reserved;
	} words[] = {
		{ "do", RESERVED_DO },       { "done", RESERVED_DONE },   { "elif", RESERVED_ELIF },
		{ "else", RESERVED_ELSE },   { "fi", RESERVED_FI },       { "for", RESERVED_FOR },
		{ "if", RESERVED_IF },       { "in", RESERVED_IN },       { "function", RESERVED_FUNCTION },
		{ "then", RESERVED_THEN },   { "until", RESERVED_UNTIL }, { "while", RESERVED_WHILE },
		{ "case", RESERVED_OTHER },  { "esac", RESERVED_OTHER },  { "select", RESERVED_OTHER },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i].text) == length && !memcmp(words[i].text, text, length))
			return words[i].reserved;
	return NOT_RESERVED;
}

static void bad(struct grub_token *token, const char *message)
{
	token->kind = TOKEN_BAD;
	token->message = message;
}

static void lex_word(struct grub_lexer *l, struct grub_token *token)
{
	struct word_builder w = { 0 };
	const char *message = NULL;
	bool continued = false;

	while (!message) {
		size_t length = 0;
		int c;

		while (is_word_char(peek(l, length)) || (peek(l, length) == '\r' && !at_newline(l, length)))
			length++;
		if (length)
			take(l, &w, GRUB_PIECE_TEXT, length);
		c = peek(l, 0);
		if (c == '\'') {
			message = lex_single_quoted(l, &w);
		} else if (c == '"') {
			message = lex_double_quoted(l, &w);
		} else if (c == '$' && peek(l, 1) == '"') {
			/* to be translated: variables count in it, and it stays one word */
			l->position++;
			message = lex_double_quoted(l, &w);
		} else if (c == '$') {
			message = lex_variable(l, &w, false);
		} else if (c == '\\' && at_newline(l, 1)) {
			end_line(l);
			continued = true;
			if (peek(l, 0) < 0)
				message = "a line has to follow the '\\'";
		} else if (c == '\\' && peek(l, 1) >= 0) {
			l->position++;
			take(l, &w, GRUB_PIECE_QUOTED, 1);
		} else if (c == '\\') {
			message = "nothing follows the '\\'";
		} else {
			break;
		}
	}
	if (message) {
		bad(token, message);
		return;
	}
	token->kind = TOKEN_WORD;
	token->word = (struct grub_word){ w.pieces, w.count, token->place };
	/* a word with a '\' in it is never reserved, not even if that only joins two lines */
	if (w.count == 1 && w.pieces[0].kind == GRUB_PIECE_TEXT && !continued) {
		const struct grub_piece *piece = &w.pieces[0];
		bool name = is_name_start((unsigned char)piece->text[0]);

		token->reserved = reserved(piece->text, piece->length);
		for (size_t i = 0; name && i < piece->length; i++)
			name = is_name_start((unsigned char)piece->text[i]) || is_digit((unsigned char)piece->text[i]);
		if (name)
			token->name = arena_strndup(l->arena, piece->text, piece->length);
		if (piece->length == 2 && (!memcmp(piece->text, "[[", 2) || !memcmp(piece->text, "]]", 2)))
			bad(token, "GRUB script has no [[ ]]");
	}
	l->words++;
}

struct grub_token grub_lex(struct grub_lexer *l)
{
	struct grub_token token = { .kind = TOKEN_END };
	int c;

	if (l->position == 0 && l->line == 1 && !l->text && peek(l, 0) == '#')
		end_line(l);
	for (;;) {
		c = peek(l, 0);
		if (c == ' ' || c == '\t' || (c == '\r' && at_newline(l, 0))) {
			l->position++;
		} else if (c == '#') {
			while (peek(l, 0) >= 0 && peek(l, 0) != '\n')
				l->position++;
		} else {
			break;
		}
	}
	token.place = place_here(l);
	switch (c) {
	case -1:
		break;
	case '\n':
		token.kind = TOKEN_NEWLINE;
		end_line(l);
		break;
	case ';':
		l->position++;
		token.kind = TOKEN_SEMICOLON;
		if (peek(l, 0) == ';')
			bad(&token, "GRUB script has no ;;");
		break;
	case '{':
		l->position++;
		token.kind = TOKEN_OPEN;
		break;
	case '}':
		l->position++;
		token.kind = TOKEN_CLOSE;
		break;
	case '|':
	case '&':
	case '<':
	case '>':
		bad(&token, "GRUB script has neither pipes nor redirection, && nor ||");
		break;
	case '\0':
		bad(&token, "a NUL byte");
		break;
	default:
		lex_word(l, &token);
	}
	return token;
}
