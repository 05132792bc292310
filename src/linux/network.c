/* SPDX-License-Identifier: MIT */
/* network: the formats, line by line. */
#include "linux/network.h"

#include <string.h>

struct scan {
	struct arena *arena;
	const char *line, *end; /* of the line at hand, without its newline */
	const char *file, *file_end;
	unsigned number;
	char section[16];       /* of INI-like files */
	bool hit;               /* this line has one already */
	unsigned count;
	struct network_bound *first;
};

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool network_is_mac(const char *text, size_t length)
{
	bool zeros = true, ones = true;

	if (length != 17)
		return false;
	for (size_t i = 0; i < 17; i++) {
		if (i % 3 == 2 ? text[i] != ':' && text[i] != '-' : !is_hex(text[i]))
			return false;
		if (i % 3 != 2) {
			zeros &= text[i] == '0';
			ones &= (text[i] | 0x20) == 'f';
		}
	}
	return !zeros && !ones;
}

/* Two letters for the kind of network, then where the card is: o1 on board, s3 a slot, p0s3 a bus and slot, P1p0 a domain, x a
 * MAC address, d of the device tree, X and v of Xen and other hypervisors' buses. */
bool network_is_bound_name(const char *text, size_t length)
{
	static const char *const kinds[] = { "en", "wl", "ww", "ib" };
	bool known = false;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && length > 3; i++)
		known |= !strncmp(text, kinds[i], 2);
	if (!known || !strchr("opsPxdXv", text[2]) || (text[2] == 'x' ? length != 15 : !is_digit(text[3])))
		return false;
	for (size_t i = 3; i < length; i++)
		if (!is_hex(text[i]) && !strchr("sfdnpuciv", text[i]))
			return false;
	return true;
}

/* dddd:bb:dd.f, perhaps behind "pci-" */
static bool is_slot(const char *text, size_t length)
{
	static const char shape[] = "xxxx:xx:xx.x";

	if (length > 4 && !strncmp(text, "pci-", 4)) {
		text += 4;
		length -= 4;
	}
	if (length != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < length; i++)
		if (shape[i] == 'x' ? !is_hex(text[i]) : text[i] != shape[i])
			return false;
	return true;
}

static void hit(struct scan *scan, enum network_kind kind, const char *value, size_t length)
{
	if (!scan->hit && !scan->count++) {
		*scan->first = (struct network_bound){
			.kind = kind,
			.value = arena_strndup(scan->arena, value, length),
			.line = scan->number,
			.column = (unsigned)(value - scan->line) + 1,
		};
	}
	scan->hit = true;
}

static bool is_bound(const char *value, size_t length, enum network_kind *ret)
{
	*ret = network_is_mac(value, length) ? NETWORK_MAC : network_is_bound_name(value, length) ? NETWORK_NAME : NETWORK_SLOT;
	return *ret != NETWORK_SLOT || is_slot(value, length);
}

/* A value that may be a list: it is bound if all of its words are.  Words end at blanks, quotes and at `separators`. */
static void words(struct scan *scan, const char *value, const char *separators)
{
	const char *first = NULL;
	enum network_kind kind, first_kind = NETWORK_MAC;
	size_t first_length = 0;

	for (const char *p = value; p < scan->end;) {
		const char *start;

		while (p < scan->end && (strchr(" \t\r\"'", *p) || strchr(separators, *p)))
			p++;
		start = p;
		while (p < scan->end && !strchr(" \t\r\"'", *p) && !strchr(separators, *p))
			p++;
		if (p == start || *start == '#')
			break;
		if (!is_bound(start, (size_t)(p - start), &kind))
			return;
		if (!first) {
			first = start;
			first_length = (size_t)(p - start);
			first_kind = kind;
		}
	}
	if (first)
		hit(scan, first_kind, first, first_length);
}

/* What follows `key` and an equals sign, with blanks around it; NULL: the line is of something else. */
static const char *value_of(const struct scan *scan, const char *key)
{
	const char *p = scan->line;
	size_t length = strlen(key);

	while (p < scan->end && (*p == ' ' || *p == '\t'))
		p++;
	if ((size_t)(scan->end - p) < length || strncmp(p, key, length) != 0)
		return NULL;
	for (p += length; p < scan->end && (*p == ' ' || *p == '\t'); p++)
		;
	return p < scan->end && *p == '=' ? p + 1 : NULL;
}

static void keys(struct scan *scan, const char *const *names, const char *separators)
{
	for (; *names; names++) {
		const char *value = value_of(scan, *names);

		if (value)
			words(scan, value, separators);
	}
}

static void note_section(struct scan *scan)
{
	size_t length = (size_t)(scan->end - scan->line);

	if (scan->line == scan->end || *scan->line != '[')
		return;
	if (length >= sizeof(scan->section))
		length = sizeof(scan->section) - 1;
	memcpy(scan->section, scan->line, length);
	scan->section[length] = '\0';
}

/* MACAddress= of [Link] gives the card an address, whichever card that is. */
static void scan_networkd(struct scan *scan)
{
	static const char *const match[] = { "MACAddress", "PermanentMACAddress", "Name", "OriginalName", "Path", NULL };

	note_section(scan);
	if (!strncmp(scan->section, "[Match]", 7))
		keys(scan, match, "");
}

/* MACADDR= and LLADDR= give an address. */
static void scan_ifcfg(struct scan *scan)
{
	static const char *const names[] = { "HWADDR", "DEVICE", NULL };

	keys(scan, names, "");
}

/* cloned-mac-address= gives an address, and so does a bridge's mac-address=. */
static void scan_keyfile(struct scan *scan)
{
	static const char *const names[] = { "interface-name", "mac-address", NULL };
	static const char *const of_bridge[] = { "interface-name", NULL };

	note_section(scan);
	keys(scan, strncmp(scan->section, "[bridge]", 8) ? names : of_bridge, ";,");
}

/* Of a rule all conditions must hold, so that one which names the hardware is enough. */
static void scan_udev(struct scan *scan)
{
	static const char *const conditions[] = { "ATTR{address}==\"", "ATTRS{address}==\"", "KERNELS==\"", "ENV{ID_PATH}==\"" };
	size_t length = (size_t)(scan->end - scan->line);
	bool names = memmem(scan->line, length, "NAME=\"", 6) || memmem(scan->line, length, "NAME:=\"", 7);

	for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++) {
		size_t prefix = strlen(conditions[i]), value_length;
		const char *value = memmem(scan->line, length, conditions[i], prefix), *quote;
		enum network_kind kind;

		if (!value)
			continue;
		value += prefix;
		quote = memchr(value, '"', (size_t)(scan->end - value));
		value_length = (size_t)((quote ? quote : scan->end) - value);
		if (is_bound(value, value_length, &kind) && (kind == NETWORK_MAC || names))
			hit(scan, kind, value, value_length);
	}
}

static const char *skip_word(const char *p, const char *end)
{
	while (p < end && *p != ' ' && *p != '\t')
		p++;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

static void scan_ifupdown(struct scan *scan)
{
	const char *p = scan->line, *word, *end;
	enum network_kind kind;

	while (p < scan->end && (*p == ' ' || *p == '\t'))
		p++;
	word = skip_word(p, scan->end);
	if (strncmp(p, "iface", 5) != 0)
		return;
	for (end = word; end < scan->end && !strchr(" \t\r", *end); end++)
		;
	if (end > word && is_bound(word, (size_t)(end - word), &kind))
		hit(scan, kind, word, (size_t)(end - word));
}

static size_t indent_of(const char *line, const char *end)
{
	const char *p = line;

	while (p < end && (*p == ' ' || *p == '-'))
		p++;
	return (size_t)(p - line);
}

/* Does what stands below this line, deeper than it, say `match:`?  Then the name is one that the file itself gives. */
static bool has_match(const struct scan *scan, size_t indent)
{
	const char *line = scan->end;

	while (line < scan->file_end) {
		const char *end;
		size_t own;

		line++;
		end = memchr(line, '\n', (size_t)(scan->file_end - line));
		end = end ? end : scan->file_end;
		own = indent_of(line, end);
		if (line + own < end && line[own] != '#' && line[own] != '\r') {
			if (own <= indent)
				return false;
			if (end - line - (ptrdiff_t)own >= 6 && !strncmp(line + own, "match:", 6))
				return true;
		}
		line = end;
	}
	return false;
}

static bool begins(const char *p, const char *end, const char *with)
{
	size_t length = strlen(with);

	return (size_t)(end - p) >= length && !memcmp(p, with, length);
}

/* The line before the one that begins at `line`, which is not the file's first. */
static const char *line_before(const struct scan *scan, const char *line, const char **ret_end)
{
	*ret_end = line - 1;
	for (line--; line > scan->file && line[-1] != '\n'; line--)
		;
	return line;
}

static bool says_nothing(const char *line, const char *end, size_t indent)
{
	return line + indent >= end || line[indent] == '#' || line[indent] == '\r';
}

/* Is what stands at `place` of the line a part of `match:`, on the line itself or of what it is indented below? */
static bool is_matched(const struct scan *scan, const char *place)
{
	const char *match = memmem(scan->line, (size_t)(place - scan->line), "match:", 6), *end, *line = scan->line;
	size_t indent = indent_of(scan->line, scan->end), own;

	if (match)
		return !memchr(match, '}', (size_t)(place - match));
	if (memchr(scan->line, '{', (size_t)(place - scan->line)))
		return false;
	while (line > scan->file) {
		line = line_before(scan, line, &end);
		own = indent_of(line, end);
		if (!says_nothing(line, end, own) && own < indent)
			return begins(line + own, end, "match:");
	}
	return false;
}

static bool says_physical(const char *line, const char *end)
{
	const char *type = memmem(line, (size_t)(end - line), "type:", 5);

	for (type = type ? type + 5 : end; type < end && strchr(" \"'", *type); type++)
		;
	return begins(type, end, "physical");
}

/* Of cloud-init's first version: is the item that this line is of a card?  The address of a bond or a bridge is given to it. */
static bool is_physical(const struct scan *scan)
{
	size_t indent = indent_of(scan->line, scan->end), own;
	const char *line = scan->line, *end = scan->end;
	bool item = memchr(line, '-', indent);

	if (line < end && memmem(line, (size_t)(end - line), "type:", 5))
		return says_physical(line, end);
	while (!item && line > scan->file) {
		line = line_before(scan, line, &end);
		own = indent_of(line, end);
		if (says_nothing(line, end, own) || own > indent)
			continue;
		if (own < indent)
			break;
		if (begins(line + own, end, "type:"))
			return says_physical(line, end);
		item = memchr(line, '-', own);
	}
	for (line = scan->end; line < scan->file_end; line = end) {
		line++;
		end = memchr(line, '\n', (size_t)(scan->file_end - line));
		end = end ? end : scan->file_end;
		own = indent_of(line, end);
		if (says_nothing(line, end, own) || own > indent)
			continue;
		if (own < indent || memchr(line, '-', own))
			break;
		if (begins(line + own, end, "type:"))
			return says_physical(line, end);
	}
	return false;
}

/* `macaddress:` gives an address unless it is part of `match:`; `mac_address:` is cloud-init's first version of both. */
static void scan_netplan(struct scan *scan)
{
	size_t indent = indent_of(scan->line, scan->end);
	const char *key = scan->line + indent, *colon, *end, *found = key;

	while ((found = memmem(found, (size_t)(scan->end - found), "macaddress:", 11))) {
		if (is_matched(scan, found))
			words(scan, found + 11, ",}");
		found += 11;
	}
	found = memmem(key, (size_t)(scan->end - key), "mac_address:", 12);
	if (found && is_physical(scan))
		words(scan, found + 12, ",}");
	if (scan->end - key > 5 && !strncmp(key, "name:", 5))
		words(scan, key + 5, "");
	if (key < scan->end && (*key == '"' || *key == '\''))
		key++;
	colon = memchr(key, ':', (size_t)(scan->end - key));
	if (!colon)
		return;
	for (end = colon; end > key && strchr("\"' ", end[-1]); end--)
		;
	if (network_is_bound_name(key, (size_t)(end - key)) && !has_match(scan, indent) &&
	    !memmem(colon, (size_t)(scan->end - colon), "match:", 6))
		hit(scan, NETWORK_NAME, key, (size_t)(end - key));
}

unsigned network_scan(struct arena *arena, enum network_format format, const char *data, size_t size, struct network_bound *ret)
{
	static void (*const scanners[])(struct scan *) = { scan_udev, scan_networkd, scan_netplan,
							   scan_ifupdown, scan_ifcfg, scan_keyfile };
	struct scan scan = { .arena = arena, .file = data, .file_end = data + strnlen(data, size), .first = ret };

	for (const char *line = data; line < scan.file_end; line = scan.end + 1) {
		const char *end = memchr(line, '\n', (size_t)(scan.file_end - line)), *p = line;

		scan.line = line;
		scan.end = end ? end : scan.file_end;
		scan.number++;
		scan.hit = false;
		while (p < scan.end && (*p == ' ' || *p == '\t'))
			p++;
		if (p < scan.end && *p != '#' && *p != ';')
			scanners[format](&scan);
	}
	return scan.count;
}
