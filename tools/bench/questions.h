/* Questions of a bench: the lines `NAME TYPE` of a query file as messages ready to be sent.
 *
 * Read once, read-only from then on, never freed: a bench ends with its process. Inline, for each
 * bench is a program of one source file. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "zones/dns_code.h"
#include "zones/dns_name.h"
#include "zones/dns_type.h"

enum {
    QUESTIONS_OCTETS = 12 + DNS_NAME_MAX + 4, /* of a message: header, name, type, class */
    QUESTIONS_LINE = 2 * DNS_NAME_TEXT_MAX,
};

struct questions_message {
    uint16_t len;
    const uint8_t *octets; /* the ID is 0 */
};

struct questions {
    struct questions_message *messages;
    size_t count;
};

/* Read a query file. Shape: out_questions is never freed. Units: none.
 * Errors: false when there is no file, no line, or one that is no question. Source: dnsperf(1). */
static inline bool questions_read(const char *path, struct questions *out_questions)
{
    FILE *file = fopen(path, "r");
    char line[QUESTIONS_LINE];
    size_t room = 0;
    *out_questions = (struct questions){0};
    bool is_good = file != NULL;
    while (is_good && fgets(line, sizeof(line), file)) {
        uint8_t octets[QUESTIONS_OCTETS] = {[5] = 1}; /* header: QDCOUNT alone is not 0 */
        size_t name_len = 0, text_len = strcspn(line, " \t\n");
        const char *type_text = line + text_len + strspn(line + text_len, " \t");
        uint16_t type = 0;
        is_good = dns_name_parse(line, text_len, NULL, octets + DNS_HEADER_LEN, &name_len) == 0 &&
                  dns_type_parse(type_text, strcspn(type_text, " \t\n"), &type);
        struct wr wr = wr_make(octets + DNS_HEADER_LEN + name_len, 4);
        wr_u16(&wr, type);
        wr_u16(&wr, DNS_CLASS_IN);
        size_t len = DNS_HEADER_LEN + name_len + wr_len(&wr);
        if (out_questions->count == room) {
            room = room ? 2 * room : 1024;
            out_questions->messages =
                mem_grow(out_questions->messages, room, sizeof(*out_questions->messages));
        }
        out_questions->messages[out_questions->count++] =
            (struct questions_message){(uint16_t)len, mem_copy(octets, len)};
    }
    if (file) {
        fclose(file);
    }
    return is_good && out_questions->count > 0;
}
