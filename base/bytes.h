/* Sticky byte cursors: rd reads and wr writes big-endian fields in a caller's buffer.
 *
 * After the first error a cursor does nothing more and reads give 0: write straight code, check
 * `err` once. Neither owns its buffer. Only cursors see network order. One thread. Inline: they
 * are on the query path.
 * Prefix: rd_ wr_ */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

struct rd {
    const uint8_t *base; /* start of the whole message: compression pointers count from here */
    const uint8_t *pos;
    const uint8_t *end;
    int err; /* first error, or 0 */
};

struct wr {
    uint8_t *base;
    uint8_t *pos;
    uint8_t *end; /* one past the last octet that may be written */
    int err;      /* first error, or 0 */
};

/* Start reading len octets. Shape: none. Units: octets. Errors: none. Source: none. */
static inline struct rd rd_make(const void *data, size_t len)
{
    const uint8_t *p = data;
    return (struct rd){p, p, p + len, 0};
}

/* Octets not read yet. Shape: none. Units: octets. Errors: 0 after an error. Source: none. */
static inline size_t rd_left(const struct rd *rd)
{
    return rd->err ? 0 : (size_t)(rd->end - rd->pos);
}

/* Keep the first error. Shape: none. Units: none. Errors: err is kept unless one is there. Source:
 * none. */
static inline void rd_fail(struct rd *rd, int err)
{
    if (!rd->err) {
        rd->err = err;
    }
}

/* Step over len octets and return where they began, or NULL.
 * Shape: borrowed from the buffer. Units: octets. Errors: ERR_SHORT. Source: none. */
static inline const uint8_t *rd_take(struct rd *rd, size_t len)
{
    if (rd->err || (size_t)(rd->end - rd->pos) < len) {
        rd_fail(rd, ERR_SHORT);
        return NULL;
    }
    const uint8_t *at = rd->pos;
    rd->pos += len;
    return at;
}

/* Read one octet. Shape: u8. Units: none. Errors: ERR_SHORT, reads 0. Source: none. */
static inline uint8_t rd_u8(struct rd *rd)
{
    const uint8_t *p = rd_take(rd, 1);
    return p ? p[0] : 0;
}

/* Read 16 bits. Shape: big-endian. Units: none. Errors: ERR_SHORT, reads 0. Source: none. */
static inline uint16_t rd_u16(struct rd *rd)
{
    const uint8_t *p = rd_take(rd, 2);
    return (uint16_t)(p ? p[0] << 8 | p[1] : 0);
}

/* Read 32 bits. Shape: big-endian. Units: none. Errors: ERR_SHORT, reads 0. Source: none. */
static inline uint32_t rd_u32(struct rd *rd)
{
    const uint8_t *p = rd_take(rd, 4);
    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

/* Read n octets as one number, n 1..8. Shape: big-endian. Units: none. Errors: ERR_SHORT. Source:
 * none. */
static inline uint64_t rd_uint(struct rd *rd, size_t n)
{
    const uint8_t *p = rd_take(rd, n);
    uint64_t v = 0;
    for (size_t i = 0; p && i < n; i++) {
        v = v << 8 | p[i];
    }
    return v;
}

/* Copy len octets out. Shape: out holds len. Units: octets. Errors: ERR_SHORT, out untouched.
 * Source: none. */
static inline void rd_bytes(struct rd *rd, void *out, size_t len)
{
    const uint8_t *p = rd_take(rd, len);
    if (p) {
        memcpy(out, p, len);
    }
}

/* Start writing into size octets. Shape: none. Units: octets. Errors: none. Source: none. */
static inline struct wr wr_make(void *buffer, size_t size)
{
    uint8_t *p = buffer;
    return (struct wr){p, p, p + size, 0};
}

/* Octets written so far. Shape: none. Units: octets. Errors: none. Source: none. */
static inline size_t wr_len(const struct wr *wr)
{
    return (size_t)(wr->pos - wr->base);
}

/* Keep the first error. Shape: none. Units: none. Errors: err is kept unless one is there. Source:
 * none. */
static inline void wr_fail(struct wr *wr, int err)
{
    if (!wr->err) {
        wr->err = err;
    }
}

/* Reserve len octets to be filled by the caller, or NULL.
 * Shape: in the buffer. Units: octets. Errors: ERR_SPACE. Source: none. */
static inline uint8_t *wr_take(struct wr *wr, size_t len)
{
    if (wr->err || (size_t)(wr->end - wr->pos) < len) {
        wr_fail(wr, ERR_SPACE);
        return NULL;
    }
    uint8_t *at = wr->pos;
    wr->pos += len;
    return at;
}

/* Write one octet. Shape: u8. Units: none. Errors: ERR_SPACE. Source: none. */
static inline void wr_u8(struct wr *wr, unsigned v)
{
    uint8_t *p = wr_take(wr, 1);
    if (p) {
        p[0] = (uint8_t)v;
    }
}

/* Write 16 bits. Shape: big-endian. Units: none. Errors: ERR_SPACE. Source: none. */
static inline void wr_u16(struct wr *wr, unsigned v)
{
    uint8_t *p = wr_take(wr, 2);
    if (p) {
        p[0] = (uint8_t)(v >> 8);
        p[1] = (uint8_t)v;
    }
}

/* Write 32 bits. Shape: big-endian. Units: none. Errors: ERR_SPACE. Source: none. */
static inline void wr_u32(struct wr *wr, uint32_t v)
{
    wr_u16(wr, v >> 16);
    wr_u16(wr, v & 0xffff);
}

/* Write the low n octets of a number, n 1..8. Shape: big-endian. Units: none. Errors: ERR_SPACE.
 * Source: none. */
static inline void wr_uint(struct wr *wr, uint64_t v, size_t n)
{
    uint8_t *p = wr_take(wr, n);
    for (size_t i = n; p && i-- > 0; v >>= 8) {
        p[i] = (uint8_t)v;
    }
}

/* Copy len octets in. Shape: len octets. Units: octets. Errors: ERR_SPACE. Source: none. */
static inline void wr_bytes(struct wr *wr, const void *data, size_t len)
{
    uint8_t *p = wr_take(wr, len);
    if (p && len > 0) {
        memcpy(p, data, len);
    }
}

/* Overwrite 16 bits at an offset already written, for lengths known late.
 * Shape: big-endian at base + offset. Units: octets. Errors: none, does nothing after an error.
 * Source: none. */
static inline void wr_patch_u16(struct wr *wr, size_t offset, unsigned v)
{
    if (!wr->err && offset + 2 <= wr_len(wr)) {
        wr->base[offset] = (uint8_t)(v >> 8);
        wr->base[offset + 1] = (uint8_t)v;
    }
}

/* Print text (no terminator is kept) into the buffer.
 * Shape: printf format. Units: none. Errors: ERR_SPACE, nothing written. Source: none. */
void wr_print(struct wr *wr, const char *format, ...) __attribute__((format(printf, 2, 3)));
