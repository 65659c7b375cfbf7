/** A share of a limit, in words and as a bar. */
export function Meter({
  label,
  value,
  most,
  text,
}: {
  readonly label: string;
  readonly value: number;
  readonly most: number;
  readonly text: string;
}) {
  const share = most <= 0 ? 0 : Math.min(1, value / most);
  const tone = share > 0.9 ? "bad" : share > 0.75 ? "warn" : "ok";
  return (
    <div className="meter">
      <span className="meter-label">{label}</span>
      <div
        className={`meter-bar tone-${tone}`}
        role="meter"
        aria-label={label}
        aria-valuenow={Math.round(share * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuetext={text}
      >
        <i style={{ width: `${share * 100}%` }} />
      </div>
      <span className="meter-text number">{text}</span>
    </div>
  );
}

/** A line over the last minute; what it shows stands in words beside it. */
export function Sparkline({
  values,
  width = 88,
  height = 20,
}: {
  readonly values: readonly number[];
  readonly width?: number;
  readonly height?: number;
}) {
  const most = Math.max(...values, 0.0001);
  // A minute at most; less than that is drawn wider, so that there is something to see from the start.
  const step = width / (Math.max(values.length, 15) - 1);
  const offset = width - (values.length - 1) * step;
  const points = values.map(
    (value, index) =>
      `${(offset + index * step).toFixed(1)},${(height - 1.5 - (value / most) * (height - 3)).toFixed(1)}`,
  );
  return (
    <svg
      className="sparkline"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
      preserveAspectRatio="none"
    >
      {points.length < 4 ? null : (
        <>
          <polygon points={`${offset.toFixed(1)},${height} ${points.join(" ")} ${width},${height}`} />
          <polyline points={points.join(" ")} />
        </>
      )}
    </svg>
  );
}
