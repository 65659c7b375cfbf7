import { type RefObject, useEffect, useRef } from "react";

/**
 * Keeps the end of what grows in sight until a person scrolls up, and again when they are back; without a `place` it does
 * nothing. Returns how to go there.
 */
export function useEndInSight(scroller: RefObject<HTMLElement | null>, place: string | undefined): () => void {
  const stuck = useRef(true);
  // Another place is read from its end.
  useEffect(() => {
    const box = scroller.current;
    const [content] = box?.children ?? [];
    if (place === undefined || box === null || content === undefined) return;
    stuck.current = true;
    let [top, height, isLed, isHeld] = [0, 0, false, false];
    const remember = () => {
      [top, height, isLed] = [box.scrollTop, box.scrollHeight, false];
    };
    const toEnd = () => {
      if (stuck.current) box.scrollTop = box.scrollHeight;
      [top, height] = [box.scrollTop, box.scrollHeight];
    };
    const letGo = () => {
      stuck.current = false;
    };
    const letGoUp = (event: WheelEvent | KeyboardEvent) => {
      if (leadsUp(event, box)) letGo();
    };
    // A scroll event does not tell who scrolled. What grows leads nobody up: it was a person. What shrinks does, as a question
    // that was answered: then it was a person only where they hold the bar, or went to what has the focus now.
    const onScroll = () => {
      const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
      if (isAtEnd) stuck.current = true;
      else if (box.scrollTop < top && (box.scrollHeight >= height || isLed || isHeld)) letGo();
      remember();
    };
    const onFocus = ({ target }: FocusEvent) => {
      isLed = !takesFocusItself(target);
    };
    const hold = ({ type, target }: PointerEvent) => {
      isHeld = type === "pointerdown" && target === box;
    };
    const observer = new ResizeObserver(toEnd);
    observer.observe(content);
    observer.observe(box);
    const gone = new AbortController();
    const listening = { passive: true, signal: gone.signal };
    box.addEventListener("scroll", onScroll, listening);
    box.addEventListener("focusin", onFocus, listening);
    for (const type of ["pointerdown", "pointerup", "pointercancel"] as const)
      window.addEventListener(type, hold, listening);
    box.addEventListener("wheel", letGoUp, listening);
    box.addEventListener("touchmove", letGo, listening);
    box.addEventListener("keydown", letGoUp, listening);
    return () => {
      observer.disconnect();
      gone.abort();
    };
  }, [scroller, place]);
  return () => {
    stuck.current = true;
    scroller.current?.scrollTo(0, scroller.current.scrollHeight);
  };
}

function leadsUp(event: WheelEvent | KeyboardEvent, box: HTMLElement): boolean {
  if (event instanceof WheelEvent) return event.deltaY < 0;
  const { key } = event;
  return key === "PageUp" || key === "Home" || (key === "ArrowUp" && document.activeElement === box);
}

/** A question takes the focus by itself, and leads nowhere. */
function takesFocusItself(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(".answer") !== null;
}
