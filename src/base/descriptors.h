/* SPDX-License-Identifier: MIT */
/* descriptors: closes many of them. */
#ifndef BASE_DESCRIPTORS_H
#define BASE_DESCRIPTORS_H

/* Closes the descriptors from `from` to `to`, both included; INT_MAX: all from there on.  On a kernel before 5.9, which cannot do
 * that at once, those below 65536. */
void descriptors_close(int from, int to);

#endif
