/* SPDX-License-Identifier: MIT */
/* decompress-refused: what libraries decompress and the kernel does not, as far as the beginning of a member tells. */
#include "linux/decompress.h"

#include <lzma.h>
#include <stdlib.h>

/* From RFC 1952, 2.3.1: which optional fields follow the header's ten bytes. */
enum { GZIP_FHCRC = 1 << 1, GZIP_FEXTRA = 1 << 2, GZIP_FCOMMENT = 1 << 4 };

/* lib/xz/xz_dec_bcj.c has these since Linux 2.6.38; ARM64's and RISC-V's came with 6.12, and whose kernel this is is not known
 * here. */
static bool is_branch_filter(lzma_vli id)
{
	return (id >= LZMA_FILTER_X86 && id <= LZMA_FILTER_SPARC) || id == 0x0a || id == 0x0b;
}

/* lib/xz/xz_dec_stream.c, dec_block_header: LZMA2, and before it no more than one filter, for branches, without an offset. */
static bool are_known(const lzma_filter filters[])
{
	const lzma_options_bcj *offset = filters[0].options;

	if (filters[0].id == LZMA_FILTER_LZMA2)
		return true;
	return is_branch_filter(filters[0].id) && !(offset && offset->start_offset) && filters[1].id == LZMA_FILTER_LZMA2;
}

/* Behind the stream's header.  What is no block's header, or has a filter that liblzma does not know, is not judged here. */
static const char *refused_block(const uint8_t *bytes, size_t size, lzma_check check)
{
	lzma_filter filters[LZMA_FILTERS_MAX + 1];
	lzma_block block = { .version = 1, .check = check, .filters = filters };
	const char *why = NULL;

	/* a zero begins the index of a stream without blocks */
	if (!size || !*bytes)
		return NULL;
	block.header_size = lzma_block_header_size_decode(*bytes);
	if (block.header_size > size || lzma_block_header_decode(&block, NULL, bytes) != LZMA_OK)
		return NULL;
	if (!are_known(filters))
		why = "its xz filters are not LZMA2 alone, or behind one for branches";
	lzma_filters_free(filters, NULL);
	return why;
}

const char *compression_refused_by_kernel(const uint8_t *bytes, size_t size)
{
	switch (compression_detect(bytes, size)) {
	case COMPRESSION_GZIP:
		/* lib/decompress_inflate.c steps over a name and nothing else */
		return size > 3 && bytes[3] & (GZIP_FHCRC | GZIP_FEXTRA | GZIP_FCOMMENT)
			       ? "its gzip header has a comment, a checksum or an extra field" : NULL;
	case COMPRESSION_XZ:
		if (size < LZMA_STREAM_HEADER_SIZE)
			return NULL;
		/* stream flags behind six bytes of magic: no check and CRC-32 are what it knows */
		if ((bytes[7] & 15) > LZMA_CHECK_CRC32)
			return "its xz check is not CRC-32";
		return refused_block(bytes + LZMA_STREAM_HEADER_SIZE, size - LZMA_STREAM_HEADER_SIZE, bytes[7] & 15);
	case COMPRESSION_LZ4_FRAME:
		return "it is in lz4's frame format";
	default:
		return NULL;
	}
}
