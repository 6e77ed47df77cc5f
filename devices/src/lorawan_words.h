/* The words that decoded objects use. */
#ifndef DEVICES_LORAWAN_WORDS_H
#define DEVICES_LORAWAN_WORDS_H

#include "json.h"

#define YJ_LORA_WORD_MAX 32 /* with its terminator */

/* Letters and digits only, in lower case; "" if it is too long, or neither string nor number. */
void yj_lora_word(const struct yj_js *js, yj_js_at at, char word[YJ_LORA_WORD_MAX]);

/* Is it one of a NULL-terminated list. */
bool yj_lora_among(const char *const *words, const char *word);

enum yj_lora_answer { YJ_LORA_NO, YJ_LORA_YES, YJ_LORA_NEITHER };
enum yj_lora_answer yj_lora_answer(const struct yj_js *js, yj_js_at at);
bool yj_lora_is_no(const char *word);

/* How a button was pressed, as a key: "shortpress" is "single"; NULL: no such word. */
const char *yj_lora_style(const char *word);
/* "button3" is "3"; NULL: it is no numbered button. */
const char *yj_lora_button(const char *name);

/* "92.0", "92", "92%"; "2.4(low battery)" is none, but low. */
bool yj_lora_battery(const struct yj_js *js, yj_js_at at, double *out);
bool yj_lora_says_low(const struct yj_js *js, yj_js_at at);

/* A number, or the place of a word in a NULL-terminated list; -1: neither. */
int yj_lora_nth(const struct yj_js *js, yj_js_at at, const char *const *words);

#endif
