import { define, type Spoken } from "../../frame/words";

export const healthWords = define({
  health: ["Service health", "サービスの状態"],
  looking: ["Checking", "確認中"],
  all_ok: ["All parts of the service work", "サービスは正常に稼働しています"],
  all_warning: ["Something needs attention soon", "近いうちに対応が必要な項目があります"],
  all_failed: ["Something does not work", "一部が正常に動作していません"],
  ok: ["Works", "正常"],
  warning: ["Needs attention", "要注意"],
  failed: ["Does not work", "異常"],
  loops: ["Background work", "バックグラウンド処理"],
  loopsWell: [
    (count: number) => `${count} ${count === 1 ? "loop runs" : "loops run"} in this process`,
    (count: number) => `このプロセスで ${count} 件のループが稼働中`,
  ],
  loopsUnwell: [(names: string) => `Not well: ${names}`, (names: string) => `異常: ${names}`],
  workers: ["Delivery", "配信処理"],
  workersFound: [
    (count: number) => `${count} delivering ${count === 1 ? "process" : "processes"}`,
    (count: number) => `配信プロセス ${count} 件が稼働中`,
  ],
  queue: ["Queue", "キュー"],
  queueFound: [
    (waiting: string) => `${waiting} recipients wait, none overdue`,
    (waiting: string) => `待機中の受信者 ${waiting} 件、遅延なし`,
  ],
  queueLate: [
    (waiting: string, minutes: number) => `${waiting} recipients wait, the oldest overdue for ${minutes} min`,
    (waiting: string, minutes: number) => `待機中の受信者 ${waiting} 件、最長 ${minutes} 分の遅延`,
  ],
  dns: ["DNS zone of the service", "サービスの DNS ゾーン"],
  zone: [
    (zone: string, served: boolean) => `${zone} ${served ? "is served" : "does not answer"}`,
    (zone: string, served: boolean) => `${zone} ${served ? "は応答しています" : "から応答がありません"}`,
  ],
  certificates: ["Certificates", "証明書"],
  certificate: [
    (use: string, ends: string) => (ends ? `${use} until ${ends}` : `${use} cannot be read`),
    (use: string, ends: string) => (ends ? `${use} は ${ends} まで有効` : `${use} は読み取れません`),
  ],
  disk: ["Disk space", "ディスクの空き容量"],
  free: [(gib: string) => `${gib} GiB free`, (gib: string) => `空き ${gib} GiB`],
});

export type HealthWords = Spoken<typeof healthWords>;
