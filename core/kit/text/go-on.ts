/** What a user says who says nothing, where an interface wants a user's word. */
export const goOn = "Go on.";
