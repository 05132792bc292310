/* SPDX-License-Identifier: MIT */
/* magic: what libmagic takes a file for.  For messages only: nothing is decided by it. */
#ifndef EFI_MAGIC_H
#define EFI_MAGIC_H

#include "base/arena.h"
#include "base/error.h"
#include "block/view.h"

/* Loads libmagic's database, for a process that will not be able to open it later; what it cannot load shows in the next call. */
void magic_load_database(void);

/* A description such as "ASCII text" of the file's first 64 KiB, in the arena.  NULL, with a message in err, when the
 * database or the file could not be read.  The database is loaded by the first call, if it was not before. */
const char *magic_describe(struct arena *arena, struct view *file, struct error *err);

#endif
