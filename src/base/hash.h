/* SPDX-License-Identifier: MIT */
/* hash: a hash of bytes that an image cannot be made for.
 *
 * Its key is another one in each process, so that nobody can choose names that all fall into one place of a table.  Nothing that
 * is shown may depend on the order that it gives. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF"; the variant as in Linux's lib/siphash.c) with this
 * process's key. */
uint64_t hash_bytes(const void *data, size_t size);

/* The same with a key of the caller's. */
uint64_t hash_siphash13(const uint64_t key[2], const void *data, size_t size);

#endif
