#include "server/query_state.h"

#include <stdio.h>

enum query_verdict query_refuse(struct query *query, unsigned rcode, unsigned ede, const char *text)
{
    query->rcode = (uint16_t)rcode;
    query->ede = (uint16_t)ede;
    snprintf(query->ede_text, sizeof(query->ede_text), "%s", text);
    return QUERY_ERROR;
}
