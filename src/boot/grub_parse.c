/* SPDX-License-Identifier: MIT */
/* grub_parse: from tokens to a tree (grub-core/script/parser.y), by recursive descent. */
#include <string.h>

#include "boot/grub_lex.h"
#include "boot/grub_script.h"

struct parser {
	struct grub_lexer lexer;
	struct grub_token token; /* the next one */
	struct grub_script *script;
	unsigned int depth;
	bool failed; /* the statement is wrong: unwind */
	const char *limit; /* why no more is parsed; NULL: no limit was reached */
	struct boot_place limit_place;
};

/* The script goes on, and we do not: that is no fault of it. */
static void cut(struct parser *p, const char *reason)
{
	if (p->limit)
		return;
	p->limit = reason;
	p->limit_place = p->token.place;
	p->script->truncated = p->failed = true;
}

static void advance(struct parser *p)
{
	if (p->lexer.words >= LIMIT_GRUB_WORDS) {
		cut(p, "the script has too many words");
		p->token = (struct grub_token){ .kind = TOKEN_END, .place = p->token.place };
		return;
	}
	p->token = grub_lex(&p->lexer);
}

static void problem(struct parser *p, struct boot_place place, const char *message)
{
	if (p->failed)
		return;
	p->failed = true;
	if (p->script->problem_count < LIMIT_GRUB_PROBLEMS)
		p->script->problems[p->script->problem_count++] = (struct grub_problem){ place, message };
}

static void unexpected(struct parser *p, const char *wanted)
{
	const char *message = p->token.message;

	if (p->token.kind != TOKEN_BAD)
		message = arena_printf(p->lexer.arena, "%s expected before this%s", wanted,
				       p->token.kind == TOKEN_END ? ", the end of the file" : "");
	problem(p, p->token.place, message);
}

static bool is_reserved(const struct parser *p, enum grub_reserved reserved)
{
	return p->token.kind == TOKEN_WORD && p->token.reserved == reserved;
}

static void expect(struct parser *p, enum grub_reserved reserved, const char *word)
{
	if (p->failed)
		return;
	if (is_reserved(p, reserved))
		advance(p);
	else
		unexpected(p, word);
}

static void newlines(struct parser *p)
{
	while (!p->failed && p->token.kind == TOKEN_NEWLINE)
		advance(p);
}

static bool at_delimiter(const struct parser *p)
{
	return p->token.kind == TOKEN_SEMICOLON || p->token.kind == TOKEN_NEWLINE;
}

static struct grub_node *new_node(struct parser *p, enum grub_node_kind kind)
{
	struct grub_node *node = ARENA_NEW(p->lexer.arena, struct grub_node);

	node->kind = kind;
	node->place = p->token.place;
	return node;
}

static struct grub_node *parse_command(struct parser *p);

/* May a command begin here? */
static bool at_command(const struct parser *p)
{
	return p->token.kind == TOKEN_WORD &&
	       (p->token.reserved == NOT_RESERVED || p->token.reserved == RESERVED_IF ||
		p->token.reserved == RESERVED_FOR || p->token.reserved == RESERVED_WHILE ||
		p->token.reserved == RESERVED_UNTIL);
}

/* commands1 of the grammar: one or more commands; *ret_delimited says whether a delimiter came last. */
static struct grub_node *parse_commands(struct parser *p, bool *ret_delimited)
{
	struct grub_node *first = NULL, **last = &first;

	newlines(p);
	*ret_delimited = false;
	do {
		struct grub_node *node;

		if (!p->failed && !at_command(p)) {
			if (!first)
				unexpected(p, "a command is");
			break;
		}
		node = parse_command(p);
		if (p->failed)
			break;
		*last = node;
		last = &node->next;
		*ret_delimited = at_delimiter(p);
		if (at_delimiter(p)) {
			advance(p);
			newlines(p);
		}
	} while (*ret_delimited && !p->failed);
	return first;
}

/* The same where the grammar wants a delimiter before the word that ends them. */
static struct grub_node *parse_delimited(struct parser *p)
{
	bool delimited;
	struct grub_node *nodes = parse_commands(p, &delimited);

	if (!p->failed && !delimited)
		unexpected(p, "';' or a new line is");
	return nodes;
}

static void parse_arguments(struct parser *p, struct grub_node *node)
{
	size_t capacity = 0;

	while (p->token.kind == TOKEN_WORD) {
		if (node->word_count == capacity) {
			struct grub_word *grown;

			capacity = capacity ? capacity * 2 : 4;
			grown = ARENA_ARRAY(p->lexer.arena, capacity, struct grub_word);
			if (node->word_count)
				memcpy(grown, node->words, node->word_count * sizeof(*grown));
			node->words = grown;
		}
		node->words[node->word_count++] = p->token.word;
		advance(p);
	}
}

static struct grub_node *parse_simple(struct parser *p)
{
	struct grub_node *node = new_node(p, GRUB_COMMAND);
	bool delimited;

	parse_arguments(p, node);
	if (p->token.kind == TOKEN_OPEN) {
		node->has_block = true;
		advance(p);
		node->body = parse_commands(p, &delimited);
		if (p->failed)
			return node;
		if (p->token.kind == TOKEN_CLOSE)
			advance(p);
		else
			unexpected(p, "'}' is");
	}
	return node;
}

static struct grub_node *parse_if(struct parser *p)
{
	struct grub_node *node = new_node(p, GRUB_IF), *here = node;

	advance(p);
	for (;;) {
		here->condition = parse_delimited(p);
		expect(p, RESERVED_THEN, "'then' is");
		here->body = parse_delimited(p);
		if (p->failed || !is_reserved(p, RESERVED_ELIF))
			break;
		here->otherwise = new_node(p, GRUB_IF);
		here = here->otherwise;
		advance(p);
	}
	if (!p->failed && is_reserved(p, RESERVED_ELSE)) {
		advance(p);
		here->otherwise = parse_delimited(p);
	}
	expect(p, RESERVED_FI, "'fi' is");
	return node;
}

static void parse_do(struct parser *p, struct grub_node *node)
{
	expect(p, RESERVED_DO, "'do' is");
	if (p->failed)
		return;
	node->body = parse_delimited(p);
	expect(p, RESERVED_DONE, "'done' is");
}

static struct grub_node *parse_for(struct parser *p)
{
	struct grub_node *node = new_node(p, GRUB_FOR);

	advance(p);
	if (p->token.kind != TOKEN_WORD || !p->token.name || p->token.reserved) {
		unexpected(p, "a variable's name is");
		return node;
	}
	node->name = p->token.name;
	advance(p);
	expect(p, RESERVED_IN, "'in' is");
	if (p->failed)
		return node;
	parse_arguments(p, node);
	if (!at_delimiter(p)) {
		unexpected(p, "';' or a new line is");
		return node;
	}
	advance(p);
	newlines(p);
	parse_do(p, node);
	return node;
}

static struct grub_node *parse_while(struct parser *p)
{
	struct grub_node *node = new_node(p, GRUB_WHILE);

	node->until = is_reserved(p, RESERVED_UNTIL);
	advance(p);
	node->condition = parse_delimited(p);
	parse_do(p, node);
	return node;
}

static struct grub_node *parse_command(struct parser *p)
{
	struct grub_node *node;

	if (p->depth == LIMIT_GRUB_NESTING) {
		cut(p, "blocks are nested too deeply to be read");
		return NULL;
	}
	p->depth++;
	if (is_reserved(p, RESERVED_IF))
		node = parse_if(p);
	else if (is_reserved(p, RESERVED_FOR))
		node = parse_for(p);
	else if (is_reserved(p, RESERVED_WHILE) || is_reserved(p, RESERVED_UNTIL))
		node = parse_while(p);
	else
		node = parse_simple(p);
	p->depth--;
	return node;
}

static struct grub_node *parse_function(struct parser *p)
{
	struct grub_node *node = new_node(p, GRUB_FUNCTION);

	advance(p);
	if (p->token.kind != TOKEN_WORD || !p->token.name || p->token.reserved) {
		unexpected(p, "a function's name is");
		return node;
	}
	node->name = p->token.name;
	advance(p);
	newlines(p);
	if (p->token.kind != TOKEN_OPEN) {
		unexpected(p, "'{' is");
		return node;
	}
	advance(p);
	node->body = parse_delimited(p);
	if (!p->failed) {
		if (p->token.kind == TOKEN_CLOSE)
			advance(p);
		else
			unexpected(p, "'}' is");
	}
	return node;
}

static struct parser make_parser(struct arena *arena)
{
	struct parser p = { 0 };

	p.lexer.arena = arena;
	p.lexer.line = 1;
	p.script = ARENA_NEW(arena, struct grub_script);
	p.script->problems = ARENA_ARRAY(arena, LIMIT_GRUB_PROBLEMS, struct grub_problem);
	return p;
}

static const struct grub_script *run(struct parser *p)
{
	struct grub_node **last = &p->script->nodes;

	advance(p);
	for (;;) {
		struct grub_node *node = NULL;

		p->failed = false;
		p->depth = 0;
		newlines(p);
		if (p->token.kind == TOKEN_END || p->limit)
			break;
		if (is_reserved(p, RESERVED_FUNCTION))
			node = parse_function(p);
		else if (at_command(p))
			node = parse_command(p);
		else
			unexpected(p, "a command is");
		if (!p->failed && !at_delimiter(p) && p->token.kind != TOKEN_END)
			unexpected(p, "';' or a new line is");
		if (p->limit)
			break;
		if (p->failed) {
			/* GRUB throws the statement away and goes on with the next line */
			if (p->token.kind != TOKEN_NEWLINE)
				grub_lex_skip_line(&p->lexer);
			advance(p);
			continue;
		}
		*last = node;
		last = &node->next;
		if (at_delimiter(p))
			advance(p);
	}
	if (p->limit) {
		struct grub_node *node = new_node(p, GRUB_CUT);

		node->place = p->limit_place;
		node->name = p->limit;
		*last = node;
	}
	return p->script;
}

const struct grub_script *grub_parse(struct arena *arena, const struct boot_source *source, const char *data,
				     size_t size)
{
	struct parser p = make_parser(arena);

	p.lexer.source = source;
	p.lexer.data = data;
	p.lexer.size = size;
	return run(&p);
}

const struct grub_script *grub_parse_text(struct arena *arena, const struct boot_text *text)
{
	struct parser p = make_parser(arena);

	p.lexer.text = text;
	p.lexer.data = text->text;
	p.lexer.size = text->length;
	return run(&p);
}

struct grub_word *grub_parse_words(struct arena *arena, const struct boot_text *text, size_t *ret_count)
{
	struct parser p = make_parser(arena);
	struct grub_node node = { 0 };

	p.lexer.text = text;
	p.lexer.data = text->text;
	p.lexer.size = text->length;
	advance(&p);
	parse_arguments(&p, &node);
	*ret_count = node.word_count;
	return node.words;
}

struct grub_word grub_literal_word(struct arena *arena, const char *text, struct boot_place place)
{
	struct grub_piece *piece = ARENA_NEW(arena, struct grub_piece);

	*piece = (struct grub_piece){ GRUB_PIECE_QUOTED, text, strlen(text), place };
	return (struct grub_word){ piece, 1, place };
}
