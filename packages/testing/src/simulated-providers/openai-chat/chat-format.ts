import { SSE_TYPE } from '../engine/sse.js';
import { type ChatFormat, MALFORMED_EVENT } from '../engine/vendor.js';
import { type ChatSettings, readChat } from './read-chat.js';
import { writeChat, writeChatFrames } from './write-chat.js';
import { writeOpenAiErrorFrame } from './write-refusal.js';

export const chatFormat = (settings: ChatSettings): ChatFormat => ({
  read: (call) => readChat(call, settings),
  writeWhole: writeChat,
  writeFrames: writeChatFrames,
  writeErrorFrame: writeOpenAiErrorFrame,
  streamType: () => SSE_TYPE,
  malformedFrame: MALFORMED_EVENT,
});
