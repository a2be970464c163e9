// A photo from the camera, where the browser grants one.

class Camera {
  constructor(view) {
    this.view = view;
    this.asked = { one: null, two: null }; // the last request of each pane that still counts
  }

  listen(on) {
    if (!navigator.mediaDevices?.getUserMedia) return;
    for (const pane of PANES) {
      const { camera, video } = this.view.panes[pane];
      camera.hidden = camera.parentElement.hidden = false;
      on(camera, "click", () => this.start(pane));
      on(video, "click", () => this.take(pane));
      on(video, "keydown", (event) => {
        if (event.key === "Escape") this.stop(pane);
        else if (["Enter", " "].includes(event.key)) this.take(pane);
        else return;
        event.preventDefault();
        event.stopPropagation();
      });
    }
  }

  async start(pane) {
    this.stop(pane);
    const asked = (this.asked[pane] = {});
    const { node, video } = this.view.panes[pane];
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      if (this.asked[pane] !== asked) return end(stream); // something else was given while the browser asked the user
      video.srcObject = stream;
      node.dataset.camera = "true";
      await video.play();
      video.focus();
    } catch (error) {
      if (this.asked[pane] !== asked) return;
      this.stop(pane);
      this.view.refuse(pane, "", `The camera cannot be used (${error.message}); allow it in the browser, or drop a picture`);
      this.view.draw();
    }
  }

  stop(pane) {
    const { node, video } = this.view.panes[pane];
    this.asked[pane] = null;
    end(video.srcObject);
    video.srcObject = null;
    delete node.dataset.camera;
  }

  take(pane) {
    const { video } = this.view.panes[pane];
    const photo = element("canvas", { width: video.videoWidth, height: video.videoHeight });
    photo.getContext("2d").drawImage(video, 0, 0);
    this.stop(pane);
    photo.toBlob((blob) => this.view.give(pane, [giftOfFile(new File([blob], "photo.png", { type: "image/png" }))]), "image/png");
  }
}

function end(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
