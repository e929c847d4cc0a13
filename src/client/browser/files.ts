/** A file's text goes into the field that would be pasted into: shown only here, since without script it could do nothing. */
export const readFilesIntoFields = (): void => {
  for (const group of document.querySelectorAll<HTMLElement>("[data-file-into]")) {
    const field = document.getElementById(group.dataset["fileInto"] ?? "");
    const chooser = group.querySelector<HTMLInputElement>('input[type="file"]');
    if (!(field instanceof HTMLTextAreaElement) || chooser === null) continue;
    group.hidden = false;
    chooser.addEventListener("change", () => {
      const file = chooser.files?.[0];
      if (file === undefined) return;
      void file.text().then((text) => {
        field.value = text;
      });
    });
  }
};
