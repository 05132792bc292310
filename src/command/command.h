/* SPDX-License-Identifier: MIT */
/* command: the subcommands.  The only place with options, and beside src/report the only one that prints. */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include <stdbool.h>

#include "base/arena.h"
#include "lint/lint.h"

/* Exit status, for all subcommands. */
enum { EXIT_CLEAN = 0, EXIT_FINDINGS = 1, EXIT_TROUBLE = 2 };

struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv); /* argv[0] is the subcommand */
};

/* Ends with an entry whose name is NULL. */
extern const struct command commands[];

int command_lint(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_rules(int argc, char **argv);
int command_boot(int argc, char **argv);
struct facts;
/* Writes down what this machine shows; with `try` also what came of trying it.  (guest/gather.h, guest/check.h) */
void guest_record(struct facts *facts, bool try);

int command_guest(int argc, char **argv);
int command_guest_or_judge(int argc, char **argv);

/* What --key says, in the arena; NULL, with a message, if it cannot be understood or read. */
struct lint_key *command_key(struct arena *arena, const char *argument);

/* Prints "vmlint: message" and where help is to be had, to standard error; returns EXIT_TROUBLE. */
int command_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* First of all: standard descriptors that the caller closed are held, a write beyond the limit of the size of files is an error
 * of that write alone, and standard output is a stream that writes everything, or fails once and for all. */
void command_begin(void);

/* Has something that was printed not come out?  Nothing that follows will, either. */
bool command_output_failed(void);

/* Ends standard output; what could not be written (a full disk, a pipe that nobody reads) is EXIT_TROUBLE with a message, else
 * `status`. */
int command_finish(int status);

#endif
