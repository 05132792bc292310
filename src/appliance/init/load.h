/* SPDX-License-Identifier: MIT */
/* load: puts the modules into the kernel that the checks need, in the order of modules.dep. */
#ifndef INIT_LOAD_H
#define INIT_LOAD_H

#include "guest/write.h"

/* Writes a `module` fact for each file that was wanted; names without a file may be built in. */
void load_modules(struct facts *facts, bool brief);

#endif
