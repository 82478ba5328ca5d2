#include "server/find_entry.h"

#include <string.h>

#include "base/bytes.h"
#include "base/check.h"

size_t find_entry_pack(const struct find_entry_draft *draft, void *out_block)
{
    struct find_entry *entry = out_block;
    uint8_t turns[FIND_TURNS_MAX];
    *entry = draft->entry;
    bool has_turns = entry->equal > 1;
    entry->piece_count = (uint16_t)draft->piece_count;
    entry->text_len = (uint16_t)draft->text_len;
    entry->octets_len = (uint16_t)draft->octets_len;
    entry->twin_count = (uint16_t)draft->twin_count;
    entry->turn_count =
        (uint16_t)(has_turns ? find_turn_fill(draft->weights, entry->equal, turns) : 0);
    struct wr wr = wr_make(out_block, FIND_ENTRY_MAX);
    (void)wr_take(&wr, sizeof(*entry));
    wr_bytes(&wr, draft->pieces, draft->piece_count * sizeof(draft->pieces[0]));
    wr_bytes(&wr, draft->twins, draft->twin_count * sizeof(draft->twins[0]));
    wr_bytes(&wr, turns, entry->turn_count);
    wr_bytes(&wr, draft->text, draft->text_len);
    wr_bytes(&wr, draft->octets, draft->octets_len);
    CHECK(wr.err == 0);
    entry->size = (uint32_t)wr_len(&wr);
    return entry->size;
}
