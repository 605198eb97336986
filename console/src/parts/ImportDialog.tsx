/* A file of addresses, handed to the service, and a job that reads it. */

import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FileUpload from "@cloudscape-design/components/file-upload";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type ReactNode, useState } from "react";
import { call } from "../api/client";
import { jsonOf, send } from "../api/send";
import type { ImportDestination } from "../api/sesv2";
import { useNotices } from "../frame/notices";
import { useWords } from "../frame/words";
import { Failure } from "./Failure";
import { forgetLater } from "./imports";
import { words } from "./listFileWords";
import { useAction } from "./useAction";

const MOST = 64 * 1024 * 1024;
type Kind = "CSV" | "JSON";
type Action = "PUT" | "DELETE";

export interface ImportDialogProps {
  /** How a line of the file has to look. */
  children: (format: Kind) => ReactNode;
  destination: (action: Action) => ImportDestination;
  onClose: (started: boolean) => void;
}

export function ImportDialog({ children, destination, onClose }: ImportDialogProps) {
  const t = useWords(words);
  const { tell } = useNotices();
  const [source, setSource] = useState("upload");
  const [files, setFiles] = useState<File[]>([]);
  const [url, setUrl] = useState("");
  const [format, setFormat] = useState<Kind>("CSV");
  const [action, setAction] = useState<Action>("PUT");
  const [isChecked, setChecked] = useState(false);
  const file = files[0];
  const fileFault = !file ? t.needFile : file.size > MOST ? t.large : "";
  const urlFault = /^s3:\/\/[^/]+\/.+$/.test(url.trim()) ? "" : t.needUrl;
  const isUpload = source === "upload";
  const starting = useAction(async () => {
    let S3Url = url.trim();
    let path = "";
    let total = 0;
    if (isUpload && file) {
      const key = `${Date.now()}-${file.name.replace(/[^A-Za-z0-9._-]/g, "_").slice(-100)}`;
      path = `/tayori/files/console-imports/${key}`;
      const text = await file.text();
      total = text.split("\n").filter((line) => line.trim()).length;
      await jsonOf(await send("PUT", path, { body: file }));
      S3Url = `s3://console-imports/${key}`;
    }
    const job = await call("CreateImportJob", {
      ImportDestination: destination(action),
      ImportDataSource: { S3Url, DataFormat: format },
    });
    if (path && job.JobId) forgetLater(job.JobId, { path, total });
  });
  const start = async () => {
    setChecked(true);
    if ((isUpload ? fileFault : urlFault) || !(await starting.run())) return;
    tell("success", t.started);
    onClose(true);
  };
  return (
    <Modal
      visible
      header={t.importTitle}
      closeAriaLabel={t.close}
      onDismiss={() => onClose(false)}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => onClose(false)}>
              {t.cancel}
            </Button>
            <Button variant="primary" loading={starting.isRunning} onClick={() => void start()}>
              {t.start}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <FormField label={t.source}>
          <RadioGroup
            value={source}
            onChange={({ detail }) => setSource(detail.value)}
            items={[
              { value: "upload", label: t.upload },
              { value: "bucket", label: t.bucket },
            ]}
          />
        </FormField>
        {isUpload ? (
          <FormField label={t.file} errorText={isChecked ? fileFault : ""}>
            <FileUpload
              value={files}
              accept=".csv,.json,.txt"
              onChange={({ detail }) => {
                setFiles(detail.value);
                if (/\.jsonl?$/i.test(detail.value[0]?.name ?? "")) setFormat("JSON");
              }}
              showFileSize
              i18nStrings={{
                uploadButtonText: () => t.chooseFile,
                dropzoneText: () => t.dropFile,
                removeFileAriaLabel: () => t.removeFile,
                limitShowFewer: "",
                limitShowMore: "",
                errorIconAriaLabel: "",
              }}
            />
          </FormField>
        ) : (
          <FormField label={t.url} errorText={isChecked ? urlFault : ""}>
            <Input value={url} placeholder="s3://bucket/key" onChange={({ detail }) => setUrl(detail.value)} />
          </FormField>
        )}
        <FormField label={t.format}>
          <RadioGroup
            value={format}
            onChange={({ detail }) => setFormat(detail.value as Kind)}
            items={[
              { value: "CSV", label: t.csv },
              { value: "JSON", label: t.json },
            ]}
          />
        </FormField>
        {children(format)}
        <FormField label={t.action}>
          <RadioGroup
            value={action}
            onChange={({ detail }) => setAction(detail.value as Action)}
            items={[
              { value: "PUT", label: t.put },
              { value: "DELETE", label: t.remove },
            ]}
          />
        </FormField>
        <Failure failure={starting.failure} />
      </SpaceBetween>
    </Modal>
  );
}
