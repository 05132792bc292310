/* SPDX-License-Identifier: MIT */
/* discoverable: the table of types. */
#include "partition/discoverable.h"

#include <stddef.h>

#include "partition/gpt.h"

static const struct {
	struct guid type;
	enum gpt_role role;
	const char *architecture;
} types[] = {
	{ GUID(0xbc13c2ff, 0x59e6, 0x4262, 0xa352, 0xb275fd6f7172), GPT_ROLE_XBOOTLDR, NULL },
	{ GUID(0x933ac7e1, 0x2eb4, 0x4f13, 0xb844, 0x0e14e2aef915), GPT_ROLE_HOME, NULL },
	{ GUID(0x3b8f8425, 0x20e0, 0x4f3b, 0x907f, 0x1a25a76f98e8), GPT_ROLE_SRV, NULL },
	{ GUID(0x4d21b016, 0xb534, 0x45c2, 0xa9fb, 0x5c16e091fd2d), GPT_ROLE_VAR, NULL },
	{ GUID(0x0657fd6d, 0xa4ab, 0x43c4, 0x84e5, 0x0933c84b4f4f), GPT_ROLE_SWAP, NULL },
	{ GUID(0xb921b045, 0x1df0, 0x41c3, 0xaf44, 0x4c6f280d3fae), GPT_ROLE_ROOT, "aarch64" },
	{ GUID(0x69dad710, 0x2ce4, 0x4e3c, 0xb16c, 0x21a1d49abed3), GPT_ROLE_ROOT, "arm" },
	{ GUID(0x4f68bce3, 0xe8cd, 0x4db1, 0x96e7, 0xfbcaf984b709), GPT_ROLE_ROOT, "x86_64" },
	{ GUID(0x44479540, 0xf297, 0x41b2, 0x9af7, 0xd131d5f0458a), GPT_ROLE_ROOT, "i386" },
	{ GUID(0x72ec70a6, 0xcf74, 0x40e6, 0xbd49, 0x4bda08e8f224), GPT_ROLE_ROOT, "riscv64" },
	{ GUID(0x77055800, 0x792c, 0x4f94, 0xb39a, 0x98c91b762bb6), GPT_ROLE_ROOT, "loongarch64" },
	{ GUID(0xb0e01050, 0xee5f, 0x4390, 0x949a, 0x9101b17104e9), GPT_ROLE_USR, "aarch64" },
	{ GUID(0x7d0359a3, 0x02b3, 0x4f0a, 0x865c, 0x654403e70625), GPT_ROLE_USR, "arm" },
	{ GUID(0x8484680c, 0x9521, 0x48c6, 0x9c11, 0xb0720656f69e), GPT_ROLE_USR, "x86_64" },
	{ GUID(0x75250d76, 0x8cc6, 0x458e, 0xbd66, 0xbd47cc81a812), GPT_ROLE_USR, "i386" },
	{ GUID(0xbeaec34b, 0x8442, 0x439b, 0xa40b, 0x984381ed097d), GPT_ROLE_USR, "riscv64" },
	{ GUID(0xe611c702, 0x575c, 0x4cbe, 0x9a46, 0x434fa0bf7e3f), GPT_ROLE_USR, "loongarch64" },
};

enum gpt_role gpt_role(const struct guid *type, const char **ret_architecture)
{
	const struct guid esp = GPT_TYPE_ESP;

	if (ret_architecture)
		*ret_architecture = NULL;
	if (guid_equal(type, &esp))
		return GPT_ROLE_ESP;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (!guid_equal(type, &types[i].type))
			continue;
		if (ret_architecture)
			*ret_architecture = types[i].architecture;
		return types[i].role;
	}
	return GPT_ROLE_OTHER;
}
