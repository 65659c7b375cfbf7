import { type RefObject, useEffect, useState } from "react";

/** Pixels before it is seen that something begins to load. */
const ahead = 400;

/** Whether an element has come near to what the person sees; once it has, it stays so. */
export function useCameIntoView(element: RefObject<Element | null>): boolean {
  const [came, setCame] = useState(false);
  useEffect(() => {
    if (came || element.current === null) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && setCame(true),
      // The second is for a part that scrolls by itself, such as the main part of the page.
      { rootMargin: `${ahead}px`, scrollMargin: `${ahead}px` },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [came, element]);
  return came;
}
