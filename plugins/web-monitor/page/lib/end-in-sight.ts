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
    let [top, height, isFocused] = [0, 0, false];
    const remember = () => {
      [top, height, isFocused] = [box.scrollTop, box.scrollHeight, false];
    };
    const toEnd = () => {
      if (stuck.current) box.scrollTop = box.scrollHeight;
      [top, height] = [box.scrollTop, box.scrollHeight];
    };
    const letGo = () => {
      stuck.current = false;
    };
    const onWheel = ({ deltaY }: WheelEvent) => {
      if (deltaY < 0) letGo();
    };
    const onKeyDown = ({ key }: KeyboardEvent) => {
      if (key === "PageUp" || key === "Home" || (key === "ArrowUp" && document.activeElement === box)) letGo();
    };
    // A scroll event does not tell who scrolled. What grows meanwhile leads nobody up: it was a person, or a link. But a
    // question that appears takes the focus, and the browser goes there: that counts where nothing grew.
    const onScroll = () => {
      const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
      if (isAtEnd) stuck.current = true;
      else if (box.scrollTop < top && !(isFocused && box.scrollHeight !== height)) letGo();
      remember();
    };
    const observer = new ResizeObserver(toEnd);
    observer.observe(content);
    observer.observe(box);
    const gone = new AbortController();
    const listening = { passive: true, signal: gone.signal };
    box.addEventListener("scroll", onScroll, listening);
    box.addEventListener(
      "focusin",
      () => {
        isFocused = true;
      },
      listening,
    );
    box.addEventListener("wheel", onWheel, listening);
    box.addEventListener("touchmove", letGo, listening);
    box.addEventListener("keydown", onKeyDown, listening);
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
