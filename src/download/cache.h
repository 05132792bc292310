/* SPDX-License-Identifier: MIT */
/* cache: the folder where downloads are kept, and who may write a file there. */
#ifndef DOWNLOAD_CACHE_H
#define DOWNLOAD_CACHE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

/* $XDG_CACHE_HOME/vmlint/images, else ~/.cache/vmlint/images; made if it is not there.  NULL with a message. */
const char *cache_folder(struct arena *arena, struct error *err);

/* Opens `path`, a file that is being written, for us alone; another process that has it is waited for (`waiting` is called once,
 * then).  *ret_done: meanwhile somebody has finished it, and `finished` exists.  A descriptor, -1 if *ret_done, or a negative
 * errno other than -EPERM with a message. */
int cache_claim(const char *path, const char *finished, void (*waiting)(void *context), void *context, bool *ret_done,
		struct error *err);

/* A small text beside a file; "" if there is none.  Writing may fail: then there will be none. */
void cache_read_text(const char *path, char *text, size_t size);
void cache_write_text(const char *path, const char *text);

#endif
