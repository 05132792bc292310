/* SPDX-License-Identifier: MIT */
/* discoverable: what a GPT partition is for, by its type (UAPI Group, Discoverable Partitions Specification). */
#ifndef PARTITION_DISCOVERABLE_H
#define PARTITION_DISCOVERABLE_H

#include "base/guid.h"

enum gpt_role {
	GPT_ROLE_OTHER,
	GPT_ROLE_ESP,
	GPT_ROLE_XBOOTLDR,
	GPT_ROLE_ROOT,
	GPT_ROLE_USR,
	GPT_ROLE_HOME,
	GPT_ROLE_SRV,
	GPT_ROLE_VAR,
	GPT_ROLE_SWAP,
};

/* *ret_architecture (may be NULL) becomes the one that a root or /usr is for, by the names of image/architecture.c where it has
 * one; else NULL. */
enum gpt_role gpt_role(const struct guid *type, const char **ret_architecture);

/* Attribute bit: systemd does not mount it by itself. */
#define GPT_ATTRIBUTE_NO_AUTO (1ULL << 63)

#endif
