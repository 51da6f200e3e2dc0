/* corpus.h: the text that the emulated models have learnt from. */
#ifndef EMULATOR_CORPUS_H
#define EMULATOR_CORPUS_H

static const char corpus[] =
    "The harbour wakes before the town does. A small boat leaves the quay and the water closes behind it. The keeper of the "
    "lighthouse writes the weather into a book, a line for every hour of the night. The wind comes from the west in the morning "
    "and from the sea in the evening. When the fog is thick, the bell on the pier speaks for the light. Nobody in the town asks "
    "how the bell knows the hour, for it has always known. "
    "A model of a ship stands in the window of the library. The children count its ropes and the old sailors count its mistakes. "
    "One of the sailors says that every model is wrong, but that this one is useful, because it brings people into the library. "
    "The librarian smiles and puts another book on the table. The book is about rivers, and it begins with a map. A map is a "
    "promise that somebody has been there before. "
    "The river comes down from the hills and passes the mill, the bridge and the market. In the spring it carries snow, in the "
    "summer it carries boats, and in the autumn it carries leaves to the sea. The miller says that the river does the work and "
    "that he only keeps the time. The baker says that the time keeps itself, as long as the bread is good. On market days the "
    "bridge is full of carts, and the answer to every question is the price of fish. "
    "A question travels faster than a cart. It goes from the market to the mill, from the mill to the harbour, and it comes back "
    "with three answers. The first answer is short, the second answer is true, and the third answer is the one that people "
    "remember. The keeper of the lighthouse writes all three into the book, because a good record is worth more than a good "
    "story. In the evening the town listens to the story anyway. "
    "The night is quiet and the light turns slowly over the water. A ship passes far away and answers the light with its horn. "
    "The children are asleep, the bread is in the oven, and the river goes on with its work. Every hour has a line in the book, "
    "and every line begins with the wind. If you want to know the weather of tomorrow, ask the sea, but be ready to wait for the "
    "answer. The sea is never in a hurry, and it has never been wrong.";

#endif
