#include "zones/dns_write.h"

#include <stdbool.h>
#include <string.h>

#include "base/hash.h"
#include "zones/dns_code.h"
#include "zones/dns_name.h"
#include "zones/dns_rdata_field.h"
#include "zones/dns_type.h"

enum {
    OFFSET_END = 0x4000, /* a pointer has 14 bits: RFC 1035 4.1.4 */
    POINTER = 0xc000,
    FLAGS_AT = 2,
    COUNTS_AT = 4,
};

/* The key is no secret: a peer that aims at a slot only makes messages longer, never slower. */
static const struct hash_key key = {0x6e616d65206f6666u, 0x7365742068617368u};

void dns_write_begin(struct dns_write *w, void *buffer, size_t size, uint16_t id, uint16_t flags)
{
    memset(w->names, 0, sizeof(w->names));
    memset(w->count, 0, sizeof(w->count));
    w->owner = 0;
    w->wr = wr_make(buffer, size < DNS_MESSAGE_MAX ? size : DNS_MESSAGE_MAX);
    wr_u16(&w->wr, id);
    wr_u16(&w->wr, flags);
    wr_uint(&w->wr, 0, DNS_HEADER_LEN - COUNTS_AT); /* counts, by dns_write_end */
}

void dns_write_flags(struct dns_write *w, uint16_t flags)
{
    wr_patch_u16(&w->wr, FLAGS_AT, flags);
}

/* True when the name that stands at an offset of our own message, pointers and all, is this suffix.
 * Pointers of ours go back and each is followed by a label at least, so this ends with the
 * suffix. */
static bool stands_at(const struct dns_write *w, size_t offset, const uint8_t *suffix)
{
    const uint8_t *at = w->wr.base + offset;
    for (;;) {
        while (*at >= POINTER >> 8) {
            at = w->wr.base + ((at[0] << 8 | at[1]) & (OFFSET_END - 1));
        }
        if (memcmp(at, suffix, 1u + *suffix) != 0) {
            return false;
        }
        if (*suffix == 0) {
            return true;
        }
        at += 1u + *suffix;
        suffix += 1u + *suffix;
    }
}

/* Write a name, its longest suffix that was met before as a pointer, and remember what is new. */
static void write_name(struct dns_write *w, const uint8_t *name)
{
    struct dns_labels labels;
    dns_name_index(&key, name, &labels); /* of the name as it is: case is kept */
    for (unsigned i = 0; i < labels.count && !w->wr.err; i++) {
        const uint8_t *suffix = name + labels.offset[i];
        const uint16_t tag = (uint16_t)(labels.hash[i] >> 48);
        struct dns_write_name *slot = &w->names[labels.hash[i] % DNS_WRITE_NAMES];
        if (slot->offset > 0 && slot->tag == tag && stands_at(w, slot->offset, suffix)) {
            wr_u16(&w->wr, (unsigned)POINTER | slot->offset);
            return;
        }
        const size_t offset = wr_len(&w->wr);
        wr_bytes(&w->wr, suffix, 1u + *suffix);
        if (slot->offset == 0 && offset < OFFSET_END) {
            *slot = (struct dns_write_name){(uint16_t)offset, tag};
        }
    }
    wr_u8(&w->wr, 0);
}

/* Records of one name follow each other: its owner is compared with the last one, not looked up. */
static void write_owner(struct dns_write *w, const uint8_t *name)
{
    if (w->owner > 0 && stands_at(w, w->owner, name)) {
        wr_u16(&w->wr, (unsigned)POINTER | w->owner);
        return;
    }
    const size_t offset = wr_len(&w->wr);
    write_name(w, name);
    if (w->wr.err || offset >= OFFSET_END || *name == 0) { /* the root is shorter than a pointer */
        w->owner = 0;
        return;
    }
    const uint8_t *at = w->wr.base + offset; /* two octets are a pointer alone: follow it */
    w->owner = wr_len(&w->wr) - offset == 2 ? (uint16_t)((at[0] << 8 | at[1]) & (OFFSET_END - 1))
                                            : (uint16_t)offset;
}

void dns_write_question(struct dns_write *w, const uint8_t *name, uint16_t type, uint16_t dns_class)
{
    write_name(w, name);
    wr_u16(&w->wr, type);
    wr_u16(&w->wr, dns_class);
    w->count[DNS_SECTION_QUESTION]++;
}

/* RFC 3597 4: only types of RFC 1035 have names compressed; all of them are in its first sixteen
 * numbers. */
static const struct dns_type_row *compressed_row(uint16_t type)
{
    const struct dns_type_row *row = type <= DNS_TYPE_TXT ? dns_type_find(type) : NULL;
    return row && (row->flags & DNS_TYPE_COMPRESS) ? row : NULL;
}

static void write_rdata(struct dns_write *w, uint16_t type, const uint8_t *rdata, size_t rdlen)
{
    const struct dns_type_row *row = rdlen > 0 ? compressed_row(type) : NULL;
    for (const uint8_t *field = row ? row->fields : NULL; field && *field != DNS_FIELD_END;
         field++) {
        const size_t len = dns_rdata_field_len(*field, rdata, rdlen);
        if (*field == DNS_FIELD_NAME) {
            write_name(w, rdata);
        } else {
            wr_bytes(&w->wr, rdata, len);
        }
        rdata += len;
        rdlen -= len;
    }
    wr_bytes(&w->wr, rdata, rdlen);
}

void dns_write_rr(struct dns_write *w, enum dns_section section, const uint8_t *name, uint16_t type,
                  uint16_t dns_class, uint32_t ttl_s, const uint8_t *rdata, size_t rdlen)
{
    write_owner(w, name);
    wr_u16(&w->wr, type);
    wr_u16(&w->wr, dns_class);
    wr_u32(&w->wr, ttl_s);
    const size_t mark = wr_len(&w->wr);
    wr_u16(&w->wr, 0);
    write_rdata(w, type, rdata, rdlen);
    wr_patch_u16(&w->wr, mark, (unsigned)(wr_len(&w->wr) - mark - 2));
    w->count[section]++;
}

void dns_write_opt(struct dns_write *w, const struct dns_edns *edns)
{
    const unsigned rcode = (unsigned)edns->ext_rcode << 4;
    const size_t mark = dns_edns_write_begin(&w->wr, edns->udp_size, rcode, edns->flags);
    wr_bytes(&w->wr, edns->options, edns->options_len);
    dns_edns_write_end(&w->wr, mark);
    w->count[DNS_SECTION_ADDITIONAL]++;
}

struct dns_write_mark dns_write_mark(const struct dns_write *w)
{
    struct dns_write_mark mark = {.len = wr_len(&w->wr)};
    memcpy(mark.count, w->count, sizeof(mark.count));
    return mark;
}

void dns_write_rewind(struct dns_write *w, const struct dns_write_mark *mark)
{
    w->wr.pos = w->wr.base + mark->len;
    if (w->wr.err == ERR_SPACE) {
        w->wr.err = 0;
    }
    memcpy(w->count, mark->count, sizeof(w->count));
    w->owner = w->owner < mark->len ? w->owner : 0;
    for (size_t i = 0; i < DNS_WRITE_NAMES; i++) {
        if (w->names[i].offset >= mark->len) {
            w->names[i] = (struct dns_write_name){0, 0};
        }
    }
}

int dns_write_end(struct dns_write *w, size_t *out_len)
{
    for (size_t i = 0; i < DNS_SECTIONS; i++) {
        wr_patch_u16(&w->wr, COUNTS_AT + 2 * i, w->count[i]);
    }
    if (w->wr.err) {
        return w->wr.err;
    }
    *out_len = wr_len(&w->wr);
    return 0;
}
