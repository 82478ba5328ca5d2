#include "zones/dns_read.h"

#include "zones/dns_code.h"
#include "zones/dns_rdata.h"
#include "zones/dns_type.h"

int dns_read_header(struct rd *rd, struct dns_header *out_header)
{
    struct dns_header header = {.id = rd_u16(rd), .flags = 0};
    header.flags = rd_u16(rd);
    for (int i = 0; i < DNS_SECTIONS; i++) {
        header.count[i] = rd_u16(rd);
    }
    if (!rd->err) {
        *out_header = header;
    }
    return rd->err;
}

int dns_read_question(struct rd *rd, struct dns_question *out_question)
{
    dns_name_read(rd, out_question->name, &out_question->name_len);
    out_question->type = rd_u16(rd);
    out_question->dns_class = rd_u16(rd);
    return rd->err;
}

/* What follows the owner name. */
static int read_rest(struct rd *rd, struct dns_rr *out_rr)
{
    out_rr->type = rd_u16(rd);
    out_rr->dns_class = rd_u16(rd);
    out_rr->ttl = rd_u32(rd);
    out_rr->rdlen = rd_u16(rd);
    out_rr->rdata = rd_take(rd, out_rr->rdlen);
    return rd->err;
}

int dns_read_rr(struct rd *rd, struct dns_rr *out_rr)
{
    dns_name_read(rd, out_rr->name, &out_rr->name_len);
    return read_rest(rd, out_rr);
}

int dns_read_skip_rr(struct rd *rd, struct dns_rr *out_rr)
{
    dns_name_skip(rd);
    out_rr->name_len = 0;
    return read_rest(rd, out_rr);
}

int dns_read_rdata(const struct rd *message, const struct dns_rr *rr, struct wr *out)
{
    struct rd rd = {message->base, rr->rdata, rr->rdata + rr->rdlen, 0};
    return dns_rdata_read(&rd, rr->type, rr->rdlen, out);
}

int dns_read_message(struct dns_message *message, const uint8_t *data, size_t len)
{
    *message = (struct dns_message){.rd = rd_make(data, len), .work_max = DNS_READ_WORK * len};
    dns_read_header(&message->rd, &message->header);
    for (int i = 0; i < DNS_SECTIONS; i++) {
        message->left[i] = message->header.count[i];
    }
    return message->rd.err;
}

static void count_work(struct dns_message *message, size_t octets)
{
    message->work += octets;
    if (message->work > message->work_max) {
        rd_fail(&message->rd, ERR_LIMIT);
    }
}

bool dns_read_message_question(struct dns_message *message, struct dns_question *out_question)
{
    unsigned *left = &message->left[DNS_SECTION_QUESTION];
    if (*left == 0 || dns_read_question(&message->rd, out_question)) {
        return false;
    }
    (*left)--;
    count_work(message, out_question->name_len);
    return !message->rd.err;
}

/* RFC 6891 6.1.1: one OPT at most, at the root, in the additional section. */
static void meet_opt(struct dns_message *message, const struct dns_rr *rr)
{
    if (message->has_opt || message->section != DNS_SECTION_ADDITIONAL || rr->name_len != 1) {
        rd_fail(&message->rd, ERR_EDNS);
        return;
    }
    message->has_opt = true;
    dns_edns_init(&message->edns, rr->dns_class, rr->ttl, rr->rdata, rr->rdlen);
}

/* RFC 8945 5.1: TSIG is the last record of the additional section. */
static void meet_tsig(struct dns_message *message)
{
    if (message->section != DNS_SECTION_ADDITIONAL || message->left[DNS_SECTION_ADDITIONAL] > 0) {
        rd_fail(&message->rd, ERR_TYPE);
    }
    message->has_tsig = true;
}

bool dns_read_message_next(struct dns_message *message, struct dns_rr *out_rr)
{
    struct dns_question question;
    while (dns_read_message_question(message, &question)) {
    }
    while (message->section < DNS_SECTIONS && message->left[message->section] == 0) {
        message->section++;
    }
    if (message->section == DNS_SECTIONS) {
        message->section = DNS_SECTION_ADDITIONAL;
        if (rd_left(&message->rd) > 0) {
            rd_fail(&message->rd, ERR_TRAILING);
        }
        return false;
    }
    if (dns_read_rr(&message->rd, out_rr)) {
        return false;
    }
    message->left[message->section]--;
    count_work(message, out_rr->name_len);
    if (out_rr->type == DNS_TYPE_OPT) {
        meet_opt(message, out_rr);
    } else if (out_rr->type == DNS_TYPE_TSIG) {
        meet_tsig(message);
    }
    return !message->rd.err;
}

static int check_rdata(struct dns_message *message, const struct dns_rr *rr, struct wr out)
{
    const bool update = dns_read_opcode(message->header.flags) == DNS_OPCODE_UPDATE;
    const bool bare = rr->dns_class == DNS_CLASS_ANY || rr->dns_class == DNS_CLASS_NONE;
    if (rr->rdlen == 0 && update && bare) { /* RFC 2136 2.4 and 2.5 */
        return 0;
    }
    const int err = dns_read_rdata(&message->rd, rr, &out);
    if (!err && wr_len(&out) > rr->rdlen) {
        count_work(message, wr_len(&out) - rr->rdlen);
    }
    return err;
}

int dns_read_message_check(const uint8_t *data, size_t len, uint8_t *scratch, size_t size)
{
    struct dns_message message;
    int err = dns_read_message(&message, data, len);
    struct dns_rr rr;
    while (!err && dns_read_message_next(&message, &rr)) {
        err = check_rdata(&message, &rr, wr_make(scratch, size));
    }
    if (err || message.rd.err) {
        return err ? err : message.rd.err;
    }
    struct dns_edns_asked asked;
    /* RFC 6891 6.1.3: options of another version are not ours to judge */
    return message.edns.version == 0 ? dns_edns_scan(&message.edns, &asked) : 0;
}
