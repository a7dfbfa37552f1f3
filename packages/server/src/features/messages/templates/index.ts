import { createTemplate } from './create.ts';
import { deleteTemplate } from './delete.ts';
import { getTemplate } from './get.ts';
import { listTemplates } from './list.ts';
import { previewTemplate } from './preview.ts';
import { updateTemplate } from './update.ts';

export const templateOperations = [
  createTemplate,
  listTemplates,
  getTemplate,
  updateTemplate,
  deleteTemplate,
  previewTemplate,
];
