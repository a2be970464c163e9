// Drawing on canvases, as sharp as the screen is.

function fit(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
}

function penOf(canvas, font) {
  const pen = canvas.getContext("2d");
  const ratio = window.devicePixelRatio || 1;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.font = font;
  return pen;
}

// A picture to draw others from: what stays while the line moves.
function layer(width, height, font, draw) {
  const canvas = document.createElement("canvas");
  fit(canvas, width, height);
  draw(penOf(canvas, font));
  return canvas;
}

function line(pen, ...places) {
  pen.beginPath();
  for (const [x, y] of places) pen.lineTo(x, y);
  pen.stroke();
}

function disc(pen, x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}
