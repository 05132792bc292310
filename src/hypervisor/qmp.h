/* SPDX-License-Identifier: MIT */
/* qmp: what QEMU says on its control connection, one JSON object a line. */
#ifndef HYPERVISOR_QMP_H
#define HYPERVISOR_QMP_H

#include <stdbool.h>
#include <stddef.h>

#define QMP_LINE 65536

enum qmp_kind {
	QMP_NONE,     /* no whole line is there yet */
	QMP_GREETING, /* text: QEMU's version */
	QMP_EVENT,    /* name and data */
	QMP_RETURN,   /* an answer: data */
	QMP_ERROR,    /* a refusal: text says why */
	QMP_STRANGE,  /* anything else */
};

struct qmp {
	char line[QMP_LINE];
	size_t size, taken;	/* what has come; what of it was given out */
	unsigned id; /* of an answer or a refusal: what the command had; 0 without one */
	char name[64];
	char text[4096];
};

/* Room for more bytes: at most *size of them at the result; NULL when a line is too long. */
char *qmp_room(struct qmp *qmp, size_t *size);

/* Is a whole greeting what comes next? */
bool qmp_greets(const struct qmp *qmp);

/* The next message of what has come. */
enum qmp_kind qmp_next(struct qmp *qmp);

#endif
